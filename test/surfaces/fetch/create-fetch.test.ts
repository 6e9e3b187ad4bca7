/** fetch behind a pipeline, against real HTTP servers. */
import { createServer, type RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { realEnv } from '../../../src/core/real-env.ts';
import { createRuntime, type PipelineOptions, type Runtime } from '../../../src/index.ts';
import { createFetch, type FetchCall, HttpStatusError } from '../../../src/surfaces/fetch/create-fetch.ts';

const OPENS_AT_ONCE = { consecutiveFailures: 1 };

let runtime: Runtime;
let closers: (() => Promise<void>)[];

beforeEach(async () => {
  runtime = await createRuntime();
  closers = [];
});

afterEach(async () => {
  await runtime.stop();
  for (const close of closers) await close();
});

async function serve(answer: RequestListener): Promise<string> {
  const { address, close } = await realEnv().listen(createServer(answer), { host: '127.0.0.1', port: 0 });
  closers.push(close);
  return `http://127.0.0.1:${address.port}/`;
}

function fetchWith<F = never>(options: PipelineOptions<F>) {
  return createFetch(runtime.pipeline('upstream', options));
}

describe('what the caller gets', () => {
  test.each([200, 204, 404, 429, 500, 503])('status %d: the response, as it is', async (status) => {
    const url = await serve((_, response) => response.writeHead(status).end());

    expect((await fetchWith({ breaker: {} })(url)).status).toBe(status);
  });

  test('the body can be read, also of a failure', async () => {
    const url = await serve((_, response) => response.writeHead(500).end('what went wrong'));
    const response = await fetchWith({ breaker: {} })(url);

    expect(await response.text()).toBe('what went wrong');
  });

  test('nobody listens there: the error of fetch itself', async () => {
    const url = await serve((_, response) => response.end());
    await closers.pop()!();

    await expect(fetchWith({ breaker: {} })(url)).rejects.toBeInstanceOf(TypeError);
  });

  test('a fallback is given the status', async () => {
    const url = await serve((_, response) => response.writeHead(502).end());
    const fetchIt = fetchWith({ fallback: (error) => (error instanceof HttpStatusError ? error.status : 'other') });

    expect(await fetchIt(url)).toBe(502);
  });

  test('the caller’s own signal aborts the request, with its reason', async () => {
    const arrived = Promise.withResolvers<void>();
    const url = await serve(() => arrived.resolve());
    const controller = new AbortController();
    const answer = fetchWith({ breaker: {} })(url, { signal: controller.signal });
    await arrived.promise;

    controller.abort('left');

    await expect(answer).rejects.toBe('left');
  });
});

describe('the body', () => {
  /** Sends the head and the beginning, and goes on for ever. */
  const endless: RequestListener = (_, response) => void response.writeHead(200).write('begun');

  test('is ended by the caller’s own signal, with its reason, as that of a plain fetch is', async () => {
    const url = await serve(endless);
    const controller = new AbortController();
    const response = await fetchWith({ breaker: {}, timeoutMs: 10_000 })(url, { signal: controller.signal });
    const text = response.text();

    controller.abort(new Error('left'));

    await expect(text).rejects.toThrow('left');
  });

  test('is ended by the signal of a Request, too', async () => {
    const url = await serve(endless);
    const controller = new AbortController();
    const { body } = await fetchWith({ breaker: {} })(new Request(url, { signal: controller.signal }));
    const reader = body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('begun');

    controller.abort(new Error('left'));

    await expect(reader.read()).rejects.toThrow('left');
  });

  test.each([
    ['another attempt follows', { retry: { maxAttempts: 2, initialMs: 1, maxMs: 1 } }, [200]],
    ['the call has another end', { retry: { maxAttempts: 3, initialMs: 1, maxMs: 1 }, breaker: OPENS_AT_ONCE }, []],
  ])('of an attempt is let go of, so that its connection is free, when %s', async (_, options, statuses) => {
    const seen: Response[] = [];
    const url = await serve((_, response) => response.writeHead(seen.length === 0 ? 503 : 200).end('some bytes'));
    const fetchIt = createFetch(runtime.pipeline('upstream', options), async (...request) => {
      seen.push(await fetch(...request));
      return seen.at(-1)!;
    });

    const answer = await fetchIt(url).catch(() => undefined);

    expect(await seen[0]!.body!.getReader().read()).toEqual({ done: true, value: undefined });
    expect(seen.slice(1).map(({ status }) => status)).toEqual(statuses);
    expect(await answer?.text()).toBe(statuses.length === 0 ? undefined : 'some bytes');
  });
});

describe('what is sent again', () => {
  const stream = () => new Blob(['once']).stream();
  test.each<[string, RequestInit & FetchCall, number]>([
    ['a GET', {}, 2],
    ['a put', { method: 'put', body: 'all of it' }, 2],
    ['a POST is not', { method: 'POST', body: 'an order' }, 1],
    ['a PATCH is not', { method: 'PATCH', body: 'a change' }, 1],
    ['a POST that may be', { method: 'POST', body: 'an order', idempotent: true }, 2],
    ['a GET that may not is not', { idempotent: false }, 1],
    ['what is read once is not', { method: 'PUT', body: stream(), duplex: 'half', idempotent: true } as RequestInit, 1],
  ])('%s', async (_, init, attempts) => {
    const bodies: string[] = [];
    const url = await serve(async (request, response) => {
      bodies.push((await request.toArray()).join(''));
      response.writeHead(bodies.length === 1 ? 503 : 200).end();
    });

    const { status } = await fetchWith({ retry: { initialMs: 1, maxMs: 1 } })(url, init);

    expect(bodies).toHaveLength(attempts);
    expect(new Set(bodies).size).toBe(1);
    expect(status).toBe(attempts === 1 ? 503 : 200);
  });

  test('a Request with a body is not: it can be read once', async () => {
    let attempts = 0;
    const url = await serve((request, response) => {
      attempts++;
      request.resume().once('end', () => response.writeHead(503).end());
    });
    const fetchIt = fetchWith({ retry: { initialMs: 1, maxMs: 1 } });

    expect((await fetchIt(new Request(url, { method: 'PUT', body: 'all of it' }))).status).toBe(503);
    expect(attempts).toBe(1);
    expect((await fetchIt(new Request(url, { method: 'DELETE' }))).status).toBe(503);
    expect(attempts).toBe(4);
  });
});

describe('what the breaker sees', () => {
  test.each([
    [500, 'open'],
    [503, 'open'],
    [429, 'open'],
    [404, 'closed'],
    [200, 'closed'],
  ])('status %d leaves it %s', async (status, state) => {
    const url = await serve((_, response) => response.writeHead(status).end());
    await fetchWith({ breaker: { consecutiveFailures: 1 } })(url);

    expect(runtime.breaker('upstream').state).toBe(state);
  });

  test('Retry-After lengthens the opening', async () => {
    const url = await serve((_, response) => response.writeHead(503, { 'retry-after': '30' }).end());
    const fetchIt = fetchWith({ breaker: { consecutiveFailures: 1, openMs: 1_000 } });
    await fetchIt(url);

    const rejection = await fetchIt(url).catch((error: unknown) => error);

    expect(rejection).toMatchObject({ code: 'BREAKER_OPEN' });
    expect((rejection as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(20_000);
  });
});
