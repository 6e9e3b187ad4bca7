/** fetch behind a pipeline, against real HTTP servers. */
import { createServer, type RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { realEnv } from '../../../src/core/real-env.ts';
import { createRuntime, type PipelineOptions, type Runtime } from '../../../src/index.ts';
import { createFetch, HttpStatusError } from '../../../src/surfaces/fetch/create-fetch.ts';
import { retryAfterMs } from '../../../src/surfaces/fetch/retry-after.ts';

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

test.each([
  ['120', undefined, 120_000],
  ['0', undefined, 0],
  ['-5', undefined, undefined],
  ['NaN', undefined, undefined],
  ['', undefined, undefined],
  ['Fri, 31 Dec 1999 23:59:59 GMT', 'Fri, 31 Dec 1999 23:58:59 GMT', 60_000],
  ['Fri, 31 Dec 1999 23:58:59 GMT', 'Fri, 31 Dec 1999 23:59:59 GMT', 0],
  ['Fri, 31 Dec 1999 23:59:59 GMT', undefined, undefined],
])('Retry-After %j with Date %j is %s ms', (retryAfter, date, ms) => {
  const headers = new Headers({ 'retry-after': retryAfter, ...(date !== undefined && { date }) });

  expect(retryAfterMs(headers)).toBe(ms);
});
