import { expect, test } from 'vitest';
import { EVENT_TYPES, type EventPayload, type EventType } from '../../src/core/events.ts';
import { happeningOf, kindOf, TOLD_TYPES } from '../../src/core/happening.ts';
import { HAPPENING_ROWS } from '../support/happening-rows.ts';

test.each(EVENT_TYPES)('%s is told as it should be, or not', (type) => {
  const rows: readonly (readonly [EventPayload<EventType>, object | null])[] = HAPPENING_ROWS[type];

  expect(rows.map(([event]) => told(type, event))).toEqual(rows.map(([, entry]) => entry && { atMs: 7, ...entry }));
});

test('who hears the types that are told misses nothing', () => {
  const withEntry = EVENT_TYPES.filter((type) => HAPPENING_ROWS[type].some(([, entry]) => entry !== null));

  expect(TOLD_TYPES).toEqual(withEntry);
});

function told(type: EventType, event: EventPayload<EventType>): unknown {
  return kindOf(type, event) && happeningOf(type, event, 7);
}
