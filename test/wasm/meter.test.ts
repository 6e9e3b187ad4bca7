/** The kernel's drain: what it adds up is what a slow twin adds up, from any place of the ring, after any accident. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openKernel } from '../../src/hotpath/kernel.ts';
import { allocateMemory, type SharedMemory } from '../../src/hotpath/memory.ts';
import type { MeteringGroups } from '../../src/hotpath/metering-groups.ts';
import { readScratch } from '../../src/hotpath/usage-line.ts';
import {
  GROUP_BYTES,
  RECORD_LATENCY_MS,
  RECORD_SCORE,
  RECORD_SEQUENCE,
  RECORD_TOKENS,
  RING_RECORD_BYTES,
} from '../../wasm/layout.ts';
import { drainTwin, type Totals, type Written } from './drain-twin.ts';

const GROUPS = 32;
const RECORDS = 64;

function writeAll(memory: SharedMemory, startAt: number, records: readonly Written[]): void {
  for (const [number, record] of records.entries()) write(memory, (startAt + number) | 0, record);
}

function write(memory: SharedMemory, index: number, record: Written): void {
  const at = memory.ring.at + (index & (RECORDS - 1)) * RING_RECORD_BYTES;
  memory.i32[at >> 2] = record.group;
  memory.i32[(at + RECORD_SEQUENCE) >> 2] = index;
  memory.f64[(at + RECORD_TOKENS) >> 3] = record.tokens;
  memory.f64[(at + RECORD_LATENCY_MS) >> 3] = record.latencyMs ?? NaN;
  memory.f64[(at + RECORD_SCORE) >> 3] = record.score ?? NaN;
}

/** The drain's lines by group, in its order. */
function drain(memory: SharedMemory, from: number, to: number): Map<number, Totals> {
  const touched = openKernel(memory).drain(from, to);
  return new Map(readScratch(memory, touched, numbered).map(({ group, ...totals }) => [Number(group.tenant), totals]));
}

/** Groups whose tenant is their own number. */
const numbered = { namesOf: (group: number) => ({ tenant: String(group) }) } as unknown as MeteringGroups;

const smallMemory = (): SharedMemory =>
  allocateMemory({ slots: 16, blockBytes: 64, ringRecords: RECORDS, groups: GROUPS });

const amount = fc.double({ min: 0, max: 1e9, noNaN: true });
const written = fc.record({
  group: fc.nat(GROUPS - 1),
  tokens: amount,
  latencyMs: fc.option(amount, { nil: undefined }),
  score: fc.option(amount, { nil: undefined }),
});
const startAt = fc.oneof(fc.constantFrom(0, 2 ** 31 - 3, 2 ** 32 - 3), fc.integer());

test('M2 the twin gets the same bits, over scratch full of rubbish, and running it again changes nothing', () => {
  fc.assert(
    fc.property(startAt, fc.array(written, { maxLength: RECORDS }), fc.integer(), (start, records, rubbish) => {
      const memory = smallMemory();
      memory.i32.fill(rubbish, memory.scratch.at >> 2, (memory.scratch.at + GROUPS * GROUP_BYTES) >> 2);
      writeAll(memory, start, records);
      const to = (start + records.length) | 0;

      const first = drain(memory, start, to);

      expect([...first]).toEqual([...drainTwin(records)]);
      expect(drain(memory, start, to)).toEqual(first);
    }),
    { numRuns: 300 },
  );
});

test('M3 a record whose sequence is not its number, or whose group there is not, is left out and hurts nothing', () => {
  const memory = smallMemory();
  const good: Written = { group: 3, tokens: 2, latencyMs: 1, score: undefined };
  writeAll(memory, 0, [good, good, { ...good, group: GROUPS }, { ...good, group: -1 }, good]);
  memory.i32[(memory.ring.at + RING_RECORD_BYTES + RECORD_SEQUENCE) >> 2] = 65;
  const beyond = memory.i32.slice((memory.scratch.at + GROUPS * GROUP_BYTES) >> 2);

  expect([...drain(memory, 0, 5)]).toEqual([...drainTwin([good, good])]);
  expect(memory.i32.slice((memory.scratch.at + GROUPS * GROUP_BYTES) >> 2)).toEqual(beyond);
});

test('a drain touches its own cells and nothing else', () => {
  const memory = smallMemory();
  writeAll(memory, 0, [{ group: 5, tokens: 1, latencyMs: 1, score: 1 }]);
  const before = memory.i32.slice();

  drain(memory, 0, 1);

  const changed = [...memory.i32.keys()].filter((word) => memory.i32[word] !== before[word]);
  const cellOf = (word: number): number => Math.floor((word * 4 - memory.scratch.at) / GROUP_BYTES);
  expect(new Set(changed.map(cellOf))).toEqual(new Set([0, 5])); // cell 0 holds the number of the first group touched
});
