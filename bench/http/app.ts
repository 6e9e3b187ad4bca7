/**
 * The server that is measured: each of its paths makes the same upstream call in another way.
 *
 *   /fetch/plain      fetch with AbortSignal.timeout       /fetch/holdfast   createFetch over five policies
 *   /http/plain       node:http with AbortSignal.timeout   /http/holdfast    the same through pipeline.execute
 */
import type { RequestListener, ServerResponse } from 'node:http';
import { createRuntime, type Pipeline } from '../../src/index.ts';
import { createFetch } from '../../src/surfaces/fetch/create-fetch.ts';
import { BREAKER_RULES, MAX_ATTEMPTS, MAX_CONCURRENT, MAX_QUEUED, TIMEOUT_MS } from '../rules.ts';
import { getter } from './get.ts';

type Way = () => Promise<string>;

export async function appListener(upstreamUrl: string): Promise<RequestListener> {
  const runtime = await createRuntime({ name: 'bench' });
  /** Fallback, retry, breaker, bulkhead and timeout. */
  const five = (name: string): Pipeline =>
    runtime.pipeline(name, {
      breaker: BREAKER_RULES,
      retry: { maxAttempts: MAX_ATTEMPTS },
      bulkhead: { maxConcurrent: MAX_CONCURRENT, maxQueued: MAX_QUEUED },
      timeoutMs: TIMEOUT_MS,
      fallback: (error: unknown): never => {
        throw error;
      },
    });
  const get = getter(upstreamUrl);
  const overHttp = five('http');
  const fetchUpstream = createFetch(five('fetch'));
  const ways: Readonly<Record<string, Way>> = {
    '/fetch/plain': async () => textOf(await fetch(upstreamUrl, { signal: AbortSignal.timeout(TIMEOUT_MS) })),
    '/fetch/holdfast': async () => textOf(await fetchUpstream(upstreamUrl)),
    '/http/plain': () => get(AbortSignal.timeout(TIMEOUT_MS)),
    '/http/holdfast': () => overHttp.execute(({ signal }) => get(signal)),
  };
  return (request, response) => {
    const way = ways[request.url ?? ''];
    if (way === undefined) return void response.writeHead(404).end();
    way().then(
      (text) => answer(response, 200, text),
      (error: unknown) => answer(response, 502, String(error)),
    );
  };
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function textOf(response: Response): Promise<string> {
  return response.text();
}
