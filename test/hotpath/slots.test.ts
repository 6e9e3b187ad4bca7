/** Rows and blocks are a breaker's as a whole, or not at all. */
import { expect, test } from 'vitest';
import { compileBreaker } from '../../actors/step.ts';
import { parseOptions } from '../../src/core/schema.ts';
import { allocateMemory } from '../../src/hotpath/memory.ts';
import { Slots } from '../../src/hotpath/slots.ts';
import { breakerOptions } from '../../src/policies/breaker/options.ts';
import { BreakerSlot } from '../../src/policies/breaker/slot.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

const SLOTS = 16;

function rig(blockBytes: number) {
  const slots = new Slots(allocateMemory({ slots: SLOTS, blockBytes, ringRecords: 16, groups: 16 }));
  const observer = { transitioned() {}, probing() {}, crossed() {}, callbackFailed() {} };
  const parts = { env: createVirtualEnv({ seed: 1 }), slots, steps: compileBreaker(), observer, keepsLatencies: true };
  const make = (latency?: true) => new BreakerSlot(parts, parseOptions(breakerOptions, { latency }, 'breaker'));
  return { make };
}

test('there are as many as the capacity, and one more when one was given back', () => {
  const { make } = rig(65_536);
  const breakers = Array.from({ length: SLOTS }, () => make());

  expect(make).toThrow('capacity.breakers: expected at most 16 breakers, received one more');
  breakers[3]!.release();
  make();
  expect(make).toThrow('capacity.breakers');
});

test.each([
  ['a window', 64],
  ['latencies', 1_024],
])('no room for %s: neither row nor window is left half made', (_, blockBytes) => {
  const { make } = rig(blockBytes);

  for (let again = 0; again < 2 * SLOTS; again++)
    expect(() => make(true)).toThrow('capacity.windowBytes: expected room');
});

test('memory that comes to too much says what takes it, the largest of all included', () => {
  const size = { slots: 16, blockBytes: 300 * 2 ** 20, ringRecords: 16, groups: 16 };

  expect(() => allocateMemory(size)).toThrow(
    'lower capacity.windowBytes, capacity.breakers, capacity.meteringRecords or capacity.meteringGroups',
  );
});
