import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Readings } from '../../../src/core/readings.ts';
import { applyFrame, emptyState, type FeedView } from '../../../src/surfaces/client/apply-frame.ts';
import { readFrame } from '../../../src/surfaces/client/read-frame.ts';
import { Journal } from '../../../src/surfaces/feed/journal.ts';

/** Few keys, so that they come, change and go; and those that are not like others. */
const key = fc.oneof(
  fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString', 'é\u2028"\\', '\ud800', '🦑'),
  fc.string({ minLength: 1, maxLength: 8 }),
);
const entry = fc.record({ state: fc.constantFrom('closed', 'open'), score: fc.oneof(fc.constant(null), fc.integer()) });
const section = fc.dictionary(key, entry, { maxKeys: 6, noNullPrototype: false });
const readings = fc
  .record({ breakers: section, usage: section, samples: section })
  .map((some) => Object.assign(emptyState(), some) as Readings);

const follow = (view: FeedView | null, frame: Buffer): FeedView | null =>
  applyFrame(view, readFrame(frame.toString())!);

test('F2: a snapshot at any number and the deltas after it give the state at every number', () => {
  fc.assert(
    fc.property(fc.array(readings, { minLength: 1, maxLength: 12 }), (history) => {
      const journal = new Journal('epoch');
      let watchers: (FeedView | null)[] = [];
      let seq = 0;

      for (const [atMs, now] of history.entries()) {
        const delta = journal.advance(now, atMs);
        if (delta !== null) {
          seq++;
          watchers = watchers.map((view) => follow(view, delta));
        }
        watchers.push(follow(null, journal.snapshot()));

        for (const view of watchers) {
          expect(view?.seq).toBe(seq);
          expect(view?.state).toEqual(now);
        }
      }
    }),
  );
});

test('F1: readings that are equal make no delta and use no number', () => {
  const journal = new Journal('epoch');
  const state = { ...emptyState(), usage: { acme: { count: 1 } } } as unknown as Readings;

  journal.advance(state, 1);
  const before = journal.snapshot();

  expect(journal.advance(structuredClone(state), 2)).toBeNull();
  expect(journal.snapshot()).toBe(before);
});
