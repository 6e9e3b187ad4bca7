/** A stalled event loop and the real clock: what was there in time is not timed out. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { createRuntime } from '../../src/index.ts';

/** Answers every question, and says in shared memory how many answers it has put on their way. */
const ECHO = `
  const { parentPort, workerData } = require('node:worker_threads');
  parentPort.on('message', (question) => {
    parentPort.postMessage(question);
    Atomics.add(workerData, 0, 1);
  });
`;

/** Keep the thread until every timer under way is overdue, and so many answers wait to be read. */
function stall(ms: number, sent: Int32Array, answers: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until || Atomics.load(sent, 0) < answers);
}

test('T5 a result available before the deadline wins, 20 times of 20, although the loop stood still past it', async () => {
  const sent = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(ECHO, { eval: true, workerData: sent });
  await once(worker, 'online');
  const runtime = await createRuntime();
  const pipeline = runtime.pipeline('echo', { timeoutMs: 20, breaker: {} });
  const answers: unknown[] = [];
  for (let call = 1; call <= 20; call++) {
    await new Promise((resolve) => setImmediate(resolve)); // from here the loop comes to its timers first, then to answers
    const answer = pipeline
      .execute(async () => {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        worker.postMessage(call);
        return ((await once(worker, 'message')) as unknown[])[0];
      })
      .catch((error: unknown) => error);
    stall(40, sent, call); // the answer is here by then, and nobody hears of it before the timer is due
    answers.push(await answer);
  }
  await runtime.stop();
  await worker.terminate();

  expect(answers).toEqual(Array.from({ length: 20 }, (_, call) => call + 1));
  expect(pipeline.reading().outcomes).toMatchObject({ success: 20, timeout: 0 });
});

test('T4 a timeout is never early on the monotonic clock', async () => {
  const runtime = await createRuntime();
  const pipeline = runtime.pipeline('slow', { timeoutMs: 15 });
  const tooEarly: number[] = [];
  for (let call = 0; call < 20; call++) {
    const startedAt = performance.now();
    await pipeline.execute(() => new Promise(() => {})).catch(() => {});
    const tookMs = performance.now() - startedAt;
    if (tookMs < 15) tooEarly.push(tookMs);
  }
  await runtime.stop();

  expect(tooEarly).toEqual([]);
  expect(pipeline.reading().outcomes.timeout).toBe(20);
});
