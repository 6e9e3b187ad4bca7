/**
 * Nothing that an application may do leaves anything behind: bytes of heap retained by each operation, by least squares
 * over rounds, each weighed after a forced collection.
 *
 * The heap also grows and shrinks by itself: code is compiled late, caches age. One whose slope seems to be anything is
 * weighed again over many more operations: what is left behind stays what it was, what is noise is divided by them.
 */
import { setImmediate } from 'node:timers/promises';
import { collectGarbage } from '../bytes-per-call.ts';
import { operation, OPERATION_NAMES } from '../operations.ts';
import type { Plan } from '../plan.ts';
import { rowFor } from '../row-for.ts';
import { slopeOf } from '../slope.ts';
import type { Suite } from '../suite.ts';

const CLAIM = 'memory slope, the worst operation';
/** Compiled code, inline caches and rings that fill up belong to the first use, not to each. */
const WARM_ROUNDS = 6;
/** Above so many bytes it is looked at again, so many times as long. */
const SUSPICIOUS = 0.4;
const LONGER = 8;

export const slopesSuite: Suite = {
  async run(plan, progress) {
    const slopes: { readonly name: string; readonly bytes: number }[] = [];
    for (const [place, name] of OPERATION_NAMES.entries()) {
      const bytes = await weigh(name, plan);
      const isSuspicious = Math.abs(bytes) > SUSPICIOUS;
      slopes.push({ name, bytes: isSuspicious ? await weigh(name, longer(plan)) : bytes });
      progress((place + 1) / OPERATION_NAMES.length);
    }
    const worst = slopes.reduce((one, other) => (other.bytes > one.bytes ? other : one));
    return [
      { ...rowFor(CLAIM, { bytes: worst.bytes }), note: `of ${slopes.length}: ${worst.name}` },
      ...slopes.map(({ name, bytes }) => rowFor(`${CLAIM} · ${name}`, { bytes })),
    ];
  },
};

function longer(plan: Plan): Plan {
  return { ...plan, operations: plan.operations * LONGER };
}

/** out  bytes an operation, to the thousandth */
async function weigh(name: string, { operations, weighings }: Plan): Promise<number> {
  await using stage = await operation(name);
  const heaps: number[] = [];
  for (let round = 0; round < WARM_ROUNDS + weighings; round++) {
    await stage.run(operations);
    const heap = await settledHeap();
    if (round >= WARM_ROUNDS) heaps.push(heap);
  }
  return Math.round((slopeOf(heaps) / operations) * 1_000) / 1_000;
}

/** Twice: what the first collection finalizes, the second takes away. */
async function settledHeap(): Promise<number> {
  for (let time = 0; time < 2; time++) {
    await setImmediate();
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}
