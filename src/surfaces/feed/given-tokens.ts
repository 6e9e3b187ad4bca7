/** The tokens a request carries, wherever it may carry one. Pure; all of them must be right. */

/**
 * in      authorization  e.g. 'Bearer abc'
 *         protocols      e.g. ['holdfast.v1', 'token.abc']: the only header a browser lets a WebSocket set
 * out     e.g. ['abc', 'abc'];   an Authorization of another scheme is a wrong token: ''
 */
export function givenTokens(authorization: string | undefined, protocols: readonly string[]): string[] {
  const tokens = protocols.filter((protocol) => protocol.startsWith(PREFIX)).map((it) => it.slice(PREFIX.length));
  if (authorization !== undefined) tokens.push(BEARER.exec(authorization)?.[1] ?? '');
  return tokens;
}

const PREFIX = 'token.';
const BEARER = /^Bearer ([A-Za-z0-9_-]{1,512})$/i;
