/** What `admit` needs to know of a request, read from its head alone. */
import type { IncomingMessage } from 'node:http';
import type { RequestFacts } from './admit.ts';
import { givenTokens } from './given-tokens.ts';

export function factsOf(request: IncomingMessage, upgrade: boolean, exhausted: boolean): RequestFacts {
  const { headers } = request;
  const hosts = request.headersDistinct['host'] ?? [];
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    host: hosts.length === 1 ? hosts[0] : undefined,
    origin: headers.origin,
    fetchSite: headers['sec-fetch-site']?.toString(),
    tokens: givenTokens(headers.authorization, protocols),
    protocols,
    upgrade,
    body: headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0,
    exhausted,
  };
}
