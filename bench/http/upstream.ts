/** The server behind the server: one small answer, at once. */
import type { RequestListener } from 'node:http';

/** What every request of the race must come to. */
export const BODY = '{"quote":42}';

export const upstreamListener: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length });
  response.end(BODY);
};
