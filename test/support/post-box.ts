/** A real HTTP server on loopback, or on an Env's network, that keeps what is posted to it, and answers as it is told. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { Env } from '../../src/core/env.ts';
import { realEnv } from '../../src/core/real-env.ts';

export interface Posted {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
  readonly atMs: number;
}

export interface PostBox {
  readonly posted: readonly Posted[];
  readonly url: string;
  /** Resolves when so many have been posted. */
  arrived(count: number): Promise<void>;
}

/** in  answer   called with how many have been posted; one that does nothing hangs */
export async function postBox(
  answer: (response: ServerResponse, count: number) => void = (response) => response.writeHead(202).end('ok'),
  env: Env = realEnv(),
): Promise<PostBox> {
  const posted: Posted[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const { method, url: path, headers } = request;
    const body = JSON.parse(await text(request)) as Record<string, unknown>;
    posted.push({ method, path, headers, body, atMs: env.now() });
    answer(response, posted.length);
    for (const look of waiting) look();
  });
  const { address, close } = await env.listen(server, { host: '127.0.0.1', port: 0 });
  onTestFinished(close);
  return {
    posted,
    url: `http://127.0.0.1:${address.port}/services/CANARY-path`,
    arrived: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (posted.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
