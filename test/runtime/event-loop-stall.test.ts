/** A stalled event loop and the real clock: what was there in time is not timed out. */
import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createRuntime } from '../../src/index.ts';

/** Keep the thread for so long that every timer under way is overdue. */
function stall(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('T5 a result available before the deadline wins, 20 times of 20, although the loop stood still past it', async () => {
  const runtime = await createRuntime();
  const pipeline = runtime.pipeline('files', { timeoutMs: 20, breaker: {} });
  const answers: unknown[] = [];
  for (let call = 0; call < 20; call++) {
    const answer = pipeline
      .execute(async () => (await stat(import.meta.filename)).size)
      .catch((error: unknown) => error);
    stall(40); // the file is looked up meanwhile, by a thread of Node's; nobody hears of it before the timer is due
    answers.push(await answer);
  }
  await runtime.stop();

  expect(answers).toEqual(Array.from({ length: 20 }, () => answers[0]));
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
