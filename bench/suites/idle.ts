/**
 * What a breaker costs that nobody calls: bytes of heap, and the time to make one.
 *
 * The shared memory is not in the figure: 40 bytes of columns for each, 192 for its window, and 2,816 for the latencies
 * of a named one. It is reserved when the runtime is made, and committed when it is touched.
 */
import { setImmediate } from 'node:timers/promises';
import { createRuntime } from '../../src/index.ts';
import { collectGarbage } from '../bytes-per-call.ts';
import { quantile } from '../quantile.ts';
import type { Plan } from '../plan.ts';
import { rowFor } from '../row-for.ts';
import type { Row } from '../row.ts';
import type { Progress, Suite } from '../suite.ts';

/** Makes so many breakers and returns what keeps them alive. */
type Make = (count: number) => Promise<AsyncDisposable>;

export const idleSuite: Suite = {
  async run(plan, progress) {
    const named = await weigh('idle breaker', makeNamed, plan, (share) => progress(share / 2));
    const keyed = await weigh('idle keyed breaker', makeKeyed, plan, (share) => progress((1 + share) / 2));
    return [named, keyed];
  },
};

/** As an application has them: named, supervised, each with its window, its latencies and its actor. */
async function makeNamed(count: number): Promise<AsyncDisposable> {
  const runtime = await createRuntime({ name: 'bench', capacity: { breakers: count } });
  for (let made = 0; made < count; made++) runtime.breaker(`breaker ${made}`);
  return runtime;
}

/** One a key, as a pipeline has them for its tenants: no actor, no latencies. */
async function makeKeyed(count: number): Promise<AsyncDisposable> {
  const runtime = await createRuntime({ name: 'bench', capacity: { breakers: count + 1 } });
  const keyed = runtime.keyedBreaker('keyed', { maxKeys: count });
  for (let made = 0; made < count; made++) keyed.for(`key ${made}`).admit().settle('ignored');
  return runtime;
}

async function weigh(name: string, make: Make, plan: Plan, progress: Progress): Promise<Row> {
  const times: number[] = [];
  const weights: number[] = [];
  for (let repeat = 0; repeat < plan.repeats; repeat++) {
    const { ns, bytes } = await weighOnce(make, plan.breakers);
    times.push(ns);
    weights.push(bytes);
    progress((repeat + 1) / plan.repeats);
  }
  return rowFor(name, { times, bytes: Math.round(quantile(weights, 0.5)) });
}

/** A function of its own: what it made must be out of scope before the next one begins, or nothing seems to weigh anything. */
async function weighOnce(make: Make, count: number): Promise<{ ns: number; bytes: number }> {
  await setImmediate();
  collectGarbage();
  const heap = process.memoryUsage().heapUsed;
  const from = performance.now();
  const made = await make(count);
  const tookNs = (performance.now() - from) * 1e6;
  collectGarbage();
  const grown = process.memoryUsage().heapUsed - heap;
  await made[Symbol.asyncDispose]();
  return { ns: tookNs / count, bytes: grown / count };
}
