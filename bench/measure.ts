/**
 * Measures contestants against each other in one process: the door to tinybench.
 *
 * Rounds alternate the order, so that whoever comes after the heaviest neighbour is not always the same. Medians come
 * from batches: reading the clock costs 30–60 ns, as much as a call does. The p99 is that of calls timed one by one,
 * in a pass of its own, with nothing subtracted: an average over a batch has no tail.
 */
import { Bench, now } from 'tinybench';
import { bytesPerCall, collectGarbage } from './bytes-per-call.ts';
import type { Contestant } from './contestant.ts';
import type { Loop, LOOPS, Way } from './loops.ts';
import type { Plan } from './plan.ts';
import { quantile } from './quantile.ts';
import type { Progress } from './suite.ts';
import { describe } from '../src/core/describe.ts';

const BATCH = 1_000;

export interface Measured {
  /** The median of each round, ns a call, in the order of the rounds. */
  readonly times: readonly number[];
  readonly p99: number;
  readonly bytes: number;
}

interface Entrant {
  readonly contestant: Contestant;
  readonly loop: Loop;
  readonly medians: number[];
  readonly nsOf: Float64Array;
  /** Single calls timed so far. */
  timed: number;
}

/** out  one for each contestant, in their order.   throws  when one of them gave a wrong answer */
export async function measure(contestants: readonly Contestant[], plan: Plan, progress: Progress): Promise<Measured[]> {
  const entrants: Entrant[] = [];
  for (const contestant of contestants) {
    const nsOf = new Float64Array(plan.singles * plan.rounds);
    entrants.push({ contestant, loop: await ownLoop(contestant.way), medians: [], nsOf, timed: 0 });
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const [place, entrant] of (round % 2 === 0 ? entrants : entrants.toReversed()).entries()) {
      collectGarbage(); // nobody pays for what another left
      const median = await medianOfBatches(entrant, plan);
      await timeSingles(entrant, plan);
      if (round === 0) entrant.timed = 0;
      else entrant.medians.push(median);
      progress((round * entrants.length + place + 1) / (plan.rounds * entrants.length));
    }
  }
  const measured: Measured[] = [];
  for (const entrant of entrants) measured.push(await finish(entrant)); // one after the other: they weigh the heap
  return measured;
}

let instances = 0;

/** A compiled loop of one's own: see `loops.ts`. */
async function ownLoop(way: Way): Promise<Loop> {
  const url = new URL(`loops.ts?own=${instances++}`, import.meta.url);
  const module = (await import(url.href)) as { LOOPS: typeof LOOPS };
  return module.LOOPS[way];
}

async function medianOfBatches({ contestant, loop }: Entrant, plan: Plan): Promise<number> {
  const { name, way, call, before, batch = BATCH } = contestant;
  const bench = new Bench({
    time: plan.roundMs,
    iterations: 3,
    warmupTime: plan.warmupMs,
    warmupIterations: 1,
    throws: true,
  });
  const run = async (): Promise<{ overriddenDuration: number; overriddenIterationCost: number }> => {
    const from = now();
    const answer = loop.batch(call, batch);
    const given = way === 'returns' ? answer : await answer;
    const tookMs = now() - from;
    expectAnswer(contestant, given);
    return { overriddenDuration: tookMs / batch, overriddenIterationCost: tookMs };
  };
  bench.add(name, run, { async: true, beforeEach: async () => void (await before?.()) });
  const [task] = await bench.run();
  if (task?.result.state !== 'completed')
    throw new Error(`${name}: expected a completed task, received ${task?.result.state}`);
  return task.result.latency.p50 * 1e6;
}

async function timeSingles(entrant: Entrant, plan: Plan): Promise<void> {
  const { contestant, loop, nsOf } = entrant;
  const { call, before, batch = BATCH } = contestant;
  const until = now() + plan.singlesMs;
  const last = entrant.timed + plan.singles;
  do {
    const end = Math.min(entrant.timed + batch, last);
    await before?.();
    await loop.singles(call, nsOf, entrant.timed, end);
    entrant.timed = end;
  } while (entrant.timed < last && now() < until);
}

async function finish({ contestant, loop, medians, nsOf, timed }: Entrant): Promise<Measured> {
  const bytes = await bytesPerCall(contestant, loop);
  await contestant.after?.();
  return { times: medians, p99: quantile(nsOf.subarray(0, timed), 0.99), bytes };
}

function expectAnswer({ name, expects, read }: Contestant, answer: unknown): void {
  const received = read === undefined ? answer : read(answer as never);
  if (!Object.is(received, expects))
    throw new Error(`${name}: expected every answer to be ${describe(expects)}, received ${describe(received)}`);
}
