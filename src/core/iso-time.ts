/** shape  isoTime(1767225600000) → '2026-01-01T00:00:00.000Z' */
export function isoTime(wallMs: number): string {
  // oxlint-disable-next-line no-restricted-globals -- it formats what it is given, and reads no clock
  return new Date(wallMs).toISOString();
}
