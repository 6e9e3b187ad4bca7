/** One HTTP request over a connection of the Env's. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Address, Env } from '../../src/core/env.ts';

export async function httpGet(env: Env, where: Address, path: string): Promise<{ status: number; body: string }> {
  const connection = await env.connect(where);
  return new Promise((resolve, reject) => {
    const sent = request({ host: where.host, path, createConnection: () => connection }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    sent.once('error', reject);
    sent.end();
  });
}
