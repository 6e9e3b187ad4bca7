/** Times as they are written, and read again: it computes with what it is given, and reads no clock. */

// oxlint-disable-next-line no-restricted-globals -- a calendar here, never a clock
const Calendar = Date;

/** shape  isoTime(1767225600000) → '2026-01-01T00:00:00.000Z' */
export function isoTime(wallMs: number): string {
  return new Calendar(wallMs).toISOString();
}

/**
 * out     milliseconds since 1970; NaN for what is no date of HTTP
 * shape   httpTime('Fri, 31 Dec 1999 23:59:59 GMT') → 946684799000 · httpTime('tomorrow') → NaN
 * source  RFC 9110, 5.6.7. All three forms are in GMT, and the oldest does not say so.
 */
export function httpTime(text: string): number {
  if (!/^[A-Z][a-z]+,? .*\d\d:\d\d:\d\d/.test(text)) return NaN;
  return Calendar.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}
