/** An option for headers of the application's own: what it takes, fetch can send, and no value is ever said. */
import { valuesByName, z } from './schema.ts';

/**
 * Those that say how a message travels: fetch refuses some of them at each request, and others break its framing.
 *
 * source  RFC 9110, 7.6.1 and 10.1; RFC 9112, 6 and 7
 */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** As HTTP allows them, and a byte for each character. `Headers` takes control characters, too, and fetch does not. */
const VALUE = /^[\t\x20-\x7E\x80-\xFF]*$/;

export function httpHeaders() {
  return valuesByName(z.string(), z.string({ error: 'a text' }), 'an object of header values')
    .refine(areHeaders, { error: 'names and values that HTTP allows' })
    .refine((headers) => foreignIn(headers) === undefined, {
      error: ({ input }) =>
        `no header "${foreignIn(input as Readonly<Record<string, string>>)}", which is the connection's own`,
    });
}

function areHeaders(headers: Readonly<Record<string, string>>): boolean {
  try {
    void new Headers(headers);
    return Object.values(headers).every((value) => VALUE.test(value));
  } catch {
    return false;
  }
}

function foreignIn(headers: Readonly<Record<string, string>>): string | undefined {
  return Object.keys(headers).find((name) => OF_THE_CONNECTION.has(name.toLowerCase()));
}
