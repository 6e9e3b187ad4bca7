/**
 * Whether a request may be made a second time, when the first came to nothing.
 *
 * source  RFC 9110, 9.2.2: these methods do the same, however often they are called
 */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** in  wanted   what the caller says; undefined to go by the method */
export function mayBeSentAgain(
  input: string | URL | Request,
  { method, body }: Pick<RequestInit, 'method' | 'body'>,
  wanted: boolean | undefined,
): boolean {
  const given = input instanceof Request ? input : undefined;
  const sent = body ?? given?.body ?? undefined;
  const isReadOnce = typeof sent === 'object' && Symbol.asyncIterator in sent;
  return !isReadOnce && (wanted ?? IDEMPOTENT.has((method ?? given?.method ?? 'GET').toUpperCase()));
}
