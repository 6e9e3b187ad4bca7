/** shape  expectTrue(false, 'a closed breaker') throws `expected a closed breaker` */
export function expectTrue(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`expected ${what}`);
}
