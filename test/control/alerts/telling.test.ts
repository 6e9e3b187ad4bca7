/** Who counts as knowing of an alert, while it is not certain that they do. */
import { expect, test } from 'vitest';
import { Alert } from '../../../src/control/alerts/alert.ts';
import type { Outgoing } from '../../../src/control/alerts/notice-queue.ts';
import { Telling } from '../../../src/control/alerts/telling.ts';
import { Dispatcher } from '../../../src/core/dispatcher.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';

test('who had no place for an escalation, and then did not hear of the beginning, is not told of the end', () => {
  const env = createVirtualEnv({ seed: 1 });
  const sent: Outgoing[] = [];
  let isFull = false;
  const telling = new Telling({
    env,
    events: new Dispatcher(env, 'policy'),
    runtime: 'shop',
    policyHash: 'policy',
    channels: new Set(['ops']),
    routes: { critical: ['ops'], warning: [], info: [] },
    escalation: [{ afterMs: 1_000, channels: ['ops'] }],
    send: (_, outgoing) => !isFull && sent.push(outgoing) > 0,
  });
  const rule = { name: 'stock', severity: 'critical', threshold: 0, forMs: 0, calmMs: 0 } as const;
  const alert = new Alert('a1', rule, { component: 'stock', message: 'low' }, env.now());
  const certain: boolean[] = [];
  telling.onCertain = ({ told }) => certain.push(told.has('ops'));
  alert.move('fire');
  telling.raised(alert, 0);
  isFull = true;
  expect(telling.escalate(alert, 1_000)).toBe(false);
  sent[0]!.settled(false);
  isFull = false;
  let isOver = false;
  telling.resolved(alert, () => (isOver = true));

  expect([certain, alert.underway.size, sent.map(({ notice }) => notice.kind), isOver]).toEqual([
    [false],
    0,
    ['raised'],
    true,
  ]);
});
