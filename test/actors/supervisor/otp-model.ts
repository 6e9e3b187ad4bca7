/**
 * OTP's supervisor in its plainest form: a list, a loop, and recursion. The slow twin of `actors/supervisor`.
 *
 * Written from the tables of the specification and `supervisor.erl`, sharing nothing with what it checks.
 */
export type Life = 'permanent' | 'transient' | 'temporary';
export interface Setup {
  readonly strategy: 'oneForOne' | 'oneForAll' | 'restForOne';
  readonly intensity: number;
  readonly periodMs: number;
  readonly children: readonly { readonly id: string; readonly restart: Life }[];
}

interface Kid {
  readonly id: string;
  readonly restart: Life;
  isUp: boolean;
}

export class OtpModel {
  readonly log: string[] = [];
  status: 'active' | 'done' | 'error' = 'active';
  nowMs = 0;
  #kids: Kid[];
  #restartsAt: number[] = [];
  readonly #failing = new Map<string, number>();
  readonly #setup: Setup;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#kids = setup.children.map((child) => ({ ...child, isUp: false }));
    for (const kid of this.#kids) this.#start(kid); // the tests let no first start fail
  }

  get children(): string {
    return this.#kids.map(({ id, isUp }) => (isUp ? id : `${id}(stopped)`)).join(' ');
  }

  get size(): number {
    return this.#kids.length;
  }

  isUp(id: string): boolean {
    return this.status === 'active' && this.#kid(id)?.isUp === true;
  }

  failNext(id: string, times: number): void {
    this.#failing.set(id, times);
  }

  exit(id: string, reason: 'normal' | 'shutdown' | 'error'): void {
    const kid = this.#kid(id)!;
    this.#stop(kid, false);
    if (kid.restart === 'temporary') this.#forget(kid);
    else if (kid.restart === 'permanent' || reason === 'error') this.#restart(kid);
  }

  /** `id` makes `other` crash and then crashes itself, in one breath. */
  crashBoth(id: string, other: string): void {
    const goesWith = id === other || this.#isStoppedBy(this.#kid(other)!, this.#kid(id)!);
    this.exit(other, 'error');
    if (!goesWith && this.isUp(id)) this.exit(id, 'error');
  }

  #isStoppedBy(failed: Kid, kid: Kid): boolean {
    if (failed.restart === 'temporary') return false;
    const { strategy } = this.#setup;
    return (
      strategy === 'oneForAll' || (strategy === 'restForOne' && this.#kids.indexOf(kid) > this.#kids.indexOf(failed))
    );
  }

  add(id: string, restart: Life): void {
    if (this.#kid(id) !== undefined) return;
    const kid: Kid = { id, restart, isUp: false };
    this.#kids.push(kid);
    this.#startOrTryAgain([kid]);
  }

  terminate(id: string): void {
    const kid = this.#kid(id);
    if (kid !== undefined) this.#stop(kid);
  }

  restart(id: string): void {
    const kid = this.#kid(id);
    if (kid === undefined) return;
    this.#stop(kid, false);
    this.#startOrTryAgain([kid]);
  }

  delete(id: string): void {
    const kid = this.#kid(id);
    if (kid?.isUp === false) this.#forget(kid);
  }

  end(status: 'done' | 'error'): void {
    for (const kid of this.#kids.toReversed()) this.#stop(kid);
    this.status = status;
  }

  #kid(id: string): Kid | undefined {
    return this.#kids.find((kid) => kid.id === id);
  }

  #start(kid: Kid): boolean {
    const left = this.#failing.get(kid.id) ?? 0;
    this.#failing.set(kid.id, Math.max(0, left - 1));
    this.log.push(`${left > 0 ? '!' : '+'}${kid.id}`);
    return (kid.isUp = left === 0);
  }

  #stop(kid: Kid, forgetTemporary = true): void {
    if (kid.isUp) this.log.push(`-${kid.id}`);
    kid.isUp = false;
    if (forgetTemporary && kid.restart === 'temporary') this.#forget(kid);
  }

  #forget(kid: Kid): void {
    this.#kids = this.#kids.filter((other) => other !== kid);
  }

  #startOrTryAgain(kids: readonly Kid[]): void {
    for (const kid of kids) {
      if (this.#start(kid)) continue;
      if (kid.restart === 'temporary') this.#forget(kid);
      else this.#restart(kid);
      return;
    }
  }

  #restart(kid: Kid): void {
    const { strategy, intensity, periodMs } = this.#setup;
    this.#restartsAt = [...this.#restartsAt, this.nowMs].filter((at) => at >= this.nowMs - periodMs);
    if (this.#restartsAt.length > intensity) return this.end('error');
    const from = strategy === 'oneForAll' ? 0 : this.#kids.indexOf(kid);
    const group = strategy === 'oneForOne' ? [kid] : this.#kids.slice(from);
    for (const other of group.toReversed()) if (other !== kid) this.#stop(other);
    this.#startOrTryAgain(group.filter((other) => other === kid || other.restart !== 'temporary'));
  }
}
