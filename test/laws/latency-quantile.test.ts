/** A metered quantile is at most a fifth off from the true one, from 16 µs to 3 minutes; the ends are exact. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openKernel } from '../../src/hotpath/kernel.ts';
import { latencyQuantile } from '../../src/hotpath/latency-quantile.ts';
import { allocateMemory } from '../../src/hotpath/memory.ts';
import { MeteringRing } from '../../src/hotpath/metering-ring.ts';
import { readScratch, type UsageLine } from '../../src/hotpath/usage-line.ts';

/** The line the kernel makes of these. */
function lineOf(latencies: readonly number[]): UsageLine {
  const memory = allocateMemory({ slots: 16, blockBytes: 64, ringRecords: 256, groups: 16 });
  const ring = new MeteringRing(memory, { onWaiting: () => {} });
  for (const latencyMs of latencies) ring.record({ tenant: 'acme', operation: 'chat', latencyMs });
  return readScratch(memory, openKernel(memory).drain(0, latencies.length), ring.groups)[0]!;
}

/** The smallest that a share `q` does not exceed. */
function trueQuantile(latencies: readonly number[], q: number): number {
  return latencies.toSorted((a, b) => a - b)[Math.ceil(q * latencies.length) - 1]!;
}

// evenly over the octaves, as latencies lie
const latency = fc.double({ min: -6, max: 17.5, noNaN: true }).map((octave) => 2 ** octave);

test('off by a fifth at most', () => {
  fc.assert(
    fc.property(
      fc.array(latency, { minLength: 1, maxLength: 256 }),
      fc.constantFrom(0.01, 0.5, 0.95, 0.99, 0.999, 1),
      (latencies, q) => {
        const truth = trueQuantile(latencies, q);

        const error = Math.abs(latencyQuantile(lineOf(latencies), q)! - truth) / truth;

        expect(error).toBeLessThanOrEqual(0.2 + 1e-12);
      },
    ),
    { numRuns: 300 },
  );
});

test.each([0, 1e-9, 5e-324, 0.001, 1, 1.5, 300_000, 1e15, 2 ** 53])(
  'one call of %d ms is that at every quantile',
  (ms) => {
    const line = lineOf([ms]);

    expect([0.01, 0.5, 1].map((q) => latencyQuantile(line, q))).toEqual([ms, ms, ms]);
  },
);

test('what is shorter than 16 µs, or longer than 3 minutes, is put between the ends', () => {
  const line = lineOf([0, 0.001, 0.002, 400_000, 500_000]);

  expect(latencyQuantile(line, 0.4)).toBeLessThan(0.02);
  expect(latencyQuantile(line, 0.8)).toBe(500_000);
});

test('without a latency there is none', () => {
  expect(
    latencyQuantile({ latencyCount: 0, latencyMinMs: Infinity, latencyMaxMs: -Infinity, latencyCells: [] }, 0.5),
  ).toBe(null);
});
