/** HTTP over the virtual network: real requests to servers bound in the same Env, and to nothing else. */
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Address, Fetch } from '../core/env.ts';

const NO_BODY = new Set([204, 205, 304]);

/** Follows no redirect, knows no https, and reads a body as a whole: enough for servers of a test. */
export function virtualFetch(connect: (where: Address) => Promise<Duplex>): Fetch {
  return async (url, { method = 'GET', headers, body, signal } = {}) => {
    const target = new URL(url);
    signal?.throwIfAborted();
    const socket = await connect({ host: target.hostname, port: Number(target.port || 80) }).catch((cause: unknown) => {
      throw new TypeError('fetch failed', { cause });
    });
    if (signal?.aborted) {
      socket.destroy();
      throw signal.reason;
    }
    return new Promise((resolve, reject) => {
      const abort = (): void => void asked.destroy(signal?.reason as Error);
      const fail = (cause: unknown): void => {
        reject(signal?.aborted ? signal.reason : new TypeError('fetch failed', { cause }));
      };
      const asked = request(target, {
        method,
        headers: { ...headers, connection: 'close' },
        createConnection: () => socket,
      });
      signal?.addEventListener('abort', abort, { once: true });
      asked.on('error', fail);
      asked.on('close', () => signal?.removeEventListener('abort', abort));
      asked.on('response', (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', fail);
        answer.on('end', () => {
          const status = answer.statusCode!;
          const headers = Object.entries(answer.headers).map(([key, value]): [string, string] => [key, String(value)]);
          resolve(new Response(NO_BODY.has(status) ? null : Buffer.concat(chunks), { status, headers }));
        });
      });
      asked.end(body);
    });
  };
}
