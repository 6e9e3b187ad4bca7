/** Usage over HTTP: real requests to real servers, on loopback and on the virtual network. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Env } from '../../../src/core/env.ts';
import { realEnv } from '../../../src/core/real-env.ts';
import { cloudEventsSink, createRuntime, type HoldfastEvent } from '../../../src/index.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';

interface Posted {
  readonly method: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly event: { readonly id: string; readonly data: { readonly lines: readonly unknown[] } };
}

/** A server that keeps what is posted to it, and answers as it is told. */
async function collector(env: Env, answer: (response: ServerResponse, posts: number) => void) {
  const posted: Posted[] = [];
  const server = createServer(async (request, response) => {
    const event = JSON.parse(await text(request)) as Posted['event'];
    posted.push({ method: request.method, headers: request.headers, event });
    answer(response, posted.length);
  });
  const { address, close } = await env.listen(server, { host: '127.0.0.1', port: 0 });
  onTestFinished(close);
  return { posted, url: `http://127.0.0.1:${address.port}/usage` };
}

test('a batch is posted as one CloudEvent 1.0, over real HTTP, with its id as the idempotency key', async () => {
  const { posted, url } = await collector(realEnv(), (response) => response.writeHead(202).end('thank you'));
  const sink = cloudEventsSink({ url, headers: { Authorization: 'Bearer secret', 'Content-Type': 'text/plain' } });
  const runtime = await createRuntime({ name: 'my shop', policyHash: 'hash', metering: { sinks: [sink] } });
  runtime.metering.record({ tenant: 'acme', operation: 'chat', tokens: 5, latencyMs: 2, metadata: { model: 'm' } });
  await runtime.metering.flush();
  await runtime.stop();

  expect(posted).toHaveLength(1);
  const [{ method, headers, event }] = posted as [Posted];
  expect(method).toBe('POST');
  expect(headers).toMatchObject({
    'content-type': 'application/cloudevents+json',
    'idempotency-key': event.id,
    authorization: 'Bearer secret',
  });
  const startWallMs = (event.data as unknown as { windowStartWallMs: number }).windowStartWallMs;
  expect(event).toEqual({
    specversion: '1.0',
    id: expect.stringMatching(/^\w+-\w+-1$/),
    source: '/holdfast/my%20shop',
    type: 'holdfast.metering.usage.v1',
    time: new Date(startWallMs).toISOString(),
    datacontenttype: 'application/json',
    policyhash: 'hash',
    data: {
      id: event.id,
      runtime: 'my shop',
      policyHash: 'hash',
      windowStartWallMs: startWallMs,
      windowMs: 60_000,
      lines: [expect.objectContaining({ tenant: 'acme', operation: 'chat', count: 1, tokens: 5, latencySumMs: 2 })],
      notes: [expect.objectContaining({ tenant: 'acme', metadata: { model: 'm' } })],
    },
  });
});

test('a runtime whose name is no text has a source all the same', async () => {
  const { posted, url } = await collector(realEnv(), (response) => response.writeHead(202).end());
  const runtime = await createRuntime({ name: 'shop \uD800', metering: { sinks: [cloudEventsSink({ url })] } });
  runtime.metering.record({ tenant: 'acme', operation: 'chat' });
  await runtime.metering.flush();
  await runtime.stop();

  expect(posted.map(({ event }) => event)).toEqual([expect.objectContaining({ source: '/holdfast/shop%20%EF%BF%BD' })]);
});

test('what is not answered with 2xx is posted again, the same to the byte, until it is', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const { posted, url } = await collector(env, (response, posts) => {
    response.writeHead(posts <= 7 ? 503 : 200).end();
  });
  const runtime = await createRuntime({ env, metering: { sinks: [cloudEventsSink({ url })] } });
  const events: HoldfastEvent[] = [];
  runtime.events.on('*', (event) => void events.push(event));
  runtime.metering.record({ tenant: 'acme', operation: 'chat' });
  for (let second = 0; second < 120 && posted.length < 8; second++) await env.advanceAsync(1_000);
  await env.advanceAsync(1_000);

  expect(posted.length).toBe(8);
  expect(new Set(posted.map(({ event }) => JSON.stringify(event))).size).toBe(1);
  expect(runtime.metering.totals().sinks['cloudevents']).toMatchObject({ backlog: 0, delivered: 1, error: null });
  expect(events.filter(({ type }) => type.startsWith('sink.')).map(({ type }) => type)).toEqual([
    'sink.failed',
    'sink.recovered',
  ]);
  expect(runtime.readings().pipelines['sink cloudevents']!.calls).toBeGreaterThan(1);
});

test('a server that never answers is timed out, and holds up neither the drain nor another sink', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const { posted, url } = await collector(env, () => {});
  const taken: string[] = [];
  const other = (batch: { readonly id: string }): void => void taken.push(batch.id);
  const sinks = [cloudEventsSink({ url, timeoutMs: 1_000 }), other];
  const runtime = await createRuntime({ env, metering: { sinks } });
  for (let second = 0; second < 20; second++) {
    runtime.metering.record({ tenant: 'acme', operation: 'chat' });
    await env.advanceAsync(1_000);
  }

  expect(posted.length).toBeGreaterThan(1);
  expect(taken.length).toBeGreaterThan(18);
  const { flushed, sinks: readings } = runtime.metering.totals();
  expect(flushed).toBeGreaterThan(18);
  expect(readings['cloudevents']).toMatchObject({ delivered: 0, error: expect.stringContaining('1000 ms') });
  expect(readings['cloudevents']!.backlog).toBeGreaterThan(18);
  expect(readings['other']).toMatchObject({ backlog: 0, failures: 0 });
});

test.each([
  ['in seconds', { 'retry-after': '300' }],
  ['as a date', { date: 'Sun, 29 Nov 2026 23:58:00 GMT', 'retry-after': 'Mon, 30 Nov 2026 00:03:00 GMT' }],
])('a Retry-After %s is heeded', async (_, headers) => {
  const env = createVirtualEnv({ seed: 1 });
  const at: number[] = [];
  const { url } = await collector(env, (response) => {
    at.push(env.now());
    response.writeHead(429, headers).end();
  });
  const runtime = await createRuntime({ env, metering: { sinks: [cloudEventsSink({ url })] } });
  runtime.metering.record({ tenant: 'acme', operation: 'chat' });
  await env.advanceAsync(290_000);

  expect(at.length).toBeGreaterThan(0);
  expect(at.every((ms) => ms < 20_000)).toBe(true); // the pipeline's attempts, which wait 5 s at most, and no more
});

describe('options', () => {
  test.each([
    [{ url: 'ftp://host/' }, 'cloudEventsSink.url: expected an http or https URL without a password'],
    [{ url: 'http://user:pass@host/' }, 'cloudEventsSink.url: expected an http or https URL without a password'],
    [{}, 'cloudEventsSink.url: expected an http or https URL, received undefined'],
    [{ url: 'http://host/', headers: { 'a b': 'c' } }, 'cloudEventsSink.headers: expected names and values that HTTP'],
    [{ url: 'http://host/', headers: { a: 'b\r\nc: d' } }, 'cloudEventsSink.headers: expected names and values'],
    [{ url: 'http://host/', headers: { a: 1 } }, 'cloudEventsSink.headers.a: expected a text, received something else'],
    [
      { url: 'http://host/', headers: { a: 'b\u0001' } },
      'cloudEventsSink.headers: expected names and values that HTTP',
    ],
    [{ url: 'http://host/', batchLines: 0 }, 'cloudEventsSink.batchLines: expected a whole number from 1 to 10000'],
    [{ url: 'http://host/', timeout: 5 }, 'did you mean "timeoutMs"?'],
  ])('%j are refused', (options, message) => {
    expect(() => cloudEventsSink(options as never)).toThrow(message);
  });

  test('of an address and of headers nothing is said that came', () => {
    expect(() => cloudEventsSink({ url: 'http://user:CANARY@host/' })).toThrow(/password, received something else$/);
    expect(() => cloudEventsSink({ url: 'http://host/', headers: { Expect: 'CANARY' } })).toThrow(
      /^cloudEventsSink\.headers: expected no header "Expect", .*, received something else$/,
    );
  });
});
