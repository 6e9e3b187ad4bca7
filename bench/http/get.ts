/** A GET by node:http over kept-open connections: the leanest upstream call there is, so that what is around it shows. */
import { Agent, request } from 'node:http';

export type Get = (signal?: AbortSignal) => Promise<string>;

/** out  the body; rejects with the signal's reason when it aborts, and for any status but 200 */
export function getter(url: string): Get {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port, pathname } = new URL(url);
  return (signal) =>
    new Promise((resolve, reject) => {
      const asked = request({ agent, hostname, port, path: pathname, ...(signal !== undefined && { signal }) });
      asked.once('error', (error) => reject(signal?.aborted === true ? (signal.reason as Error) : error));
      asked.once('response', (response) => {
        let body = '';
        response.setEncoding('latin1');
        response.on('data', (chunk: string) => (body += chunk));
        response.once('error', reject);
        response.once('end', () => {
          if (response.statusCode === 200) resolve(body);
          else reject(new Error(`expected status 200, received ${response.statusCode}: ${body}`));
        });
      });
      asked.end();
    });
}
