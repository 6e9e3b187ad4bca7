/** The socket's address from the feed's. Pure. */
import { clientError } from './client-error.ts';

/**
 * shape   'http://127.0.0.1:7433/#x' → 'ws://127.0.0.1:7433/feed';   'https://a.example/ops' → 'wss://a.example/ops/feed'
 * throws  INVALID_OPTIONS
 */
export function feedUrl(given: string): string {
  const expected = 'connectFeed.url: expected the address of a feed, e.g. "http://127.0.0.1:7433"';
  if (!URL.canParse(given)) throw clientError('INVALID_OPTIONS', `${expected}, received another text`);
  const url = new URL(given);
  const scheme = SCHEMES.get(url.protocol);
  if (scheme === undefined) throw clientError('INVALID_OPTIONS', `${expected}, received the scheme "${url.protocol}"`);
  return `${scheme}//${url.host}${url.pathname.replace(/\/$/, '')}/feed`;
}

const SCHEMES: ReadonlyMap<string, string> = new Map([
  ['http:', 'ws:'],
  ['https:', 'wss:'],
  ['ws:', 'ws:'],
  ['wss:', 'wss:'],
]);
