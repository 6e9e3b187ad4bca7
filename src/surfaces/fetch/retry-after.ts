/** Reads Retry-After: seconds, or an HTTP date that is compared with the response's own Date. */

/**
 * out    milliseconds ≥ 0; undefined when the header is not there or says nothing
 * shape  '120' → 120_000;   'Fri, 31 Dec 1999 23:59:59 GMT' with Date one minute earlier → 60_000;   '-5' → undefined
 * source RFC 9110, 10.2.3. The server's clock is compared with itself: ours may be wrong.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const header = headers.get('retry-after')?.trim();
  if (header === undefined || header === '') return undefined;
  if (/^\d+$/.test(header)) return Math.min(Number(header) * 1_000, Number.MAX_SAFE_INTEGER);
  const ms = Date.parse(header) - Date.parse(headers.get('date') ?? '');
  return Number.isFinite(ms) && header.includes(':') ? Math.max(0, ms) : undefined;
}
