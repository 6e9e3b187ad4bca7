/**
 * What a call allocates: the heap's growth over a batch in which the collector did not run.
 *
 * The median of several batches: one that the collector cut short comes out below zero, or far too small.
 */
import type { Contestant } from './contestant.ts';
import type { Loop } from './loops.ts';
import { quantile } from './quantile.ts';

const ATTEMPTS = 9;
const FEW = 50;
/** Well inside the young generation (16 MiB), so that a batch ends before a scavenge begins. */
const ROOM = 2 * 1024 * 1024;

export async function bytesPerCall(contestant: Contestant, loop: Loop): Promise<number> {
  const few = Math.min(contestant.batch ?? FEW, FEW);
  const roughly = Math.max(1, await growth(contestant, loop, few));
  const calls = Math.max(few, Math.min(contestant.batch ?? 1_000, Math.floor(ROOM / roughly)));
  const attempts: number[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) attempts.push(await growth(contestant, loop, calls));
  return Math.max(0, Math.round(quantile(attempts, 0.5)));
}

/** The reading itself allocates: the growth over no calls at all is taken off. */
async function growth({ call, before }: Contestant, loop: Loop, calls: number): Promise<number> {
  await before?.();
  collectGarbage();
  const start = process.memoryUsage().heapUsed;
  await loop.batch(call, 0);
  const between = process.memoryUsage().heapUsed;
  await loop.batch(call, calls);
  const end = process.memoryUsage().heapUsed;
  return (end - between - (between - start)) / calls;
}

/** throws  where Node runs without --expose-gc */
export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('bench: expected node --expose-gc, received a node without it');
  globalThis.gc();
}
