/** Reads Retry-After: seconds, or an HTTP date that is compared with the response's own Date. */
import { httpTime } from './iso-time.ts';

/**
 * How long a response asks us to wait: what an error carries in `retryAfterMs`.
 *
 * in      headers   of a response, of fetch or anything that reads a header as they do
 * out     milliseconds, finite and ≥ 0; undefined when the header is not there or says nothing
 * shape   '120' → 120_000;   'Fri, 31 Dec 1999 23:59:59 GMT' with Date one minute earlier → 60_000;   '-5' → undefined
 * source  RFC 9110, 10.2.3. The server's clock is compared with itself: ours may be wrong.
 */
export function retryAfterMs(headers: Pick<Headers, 'get'>): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, Number.MAX_SAFE_INTEGER);
  const ms = httpTime(text) - httpTime(headers.get('date')?.trim() ?? '');
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
