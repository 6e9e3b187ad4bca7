import { expect, test } from 'vitest';
import { drawnOf } from '../../../src/surfaces/dashboard/charts/drawn.ts';

type Readings = Parameters<typeof drawnOf>[0];

const drawing = { states: [], edges: [] };
const child = { kind: 'worker', incarnation: 1, restarts: 0, startedAtMs: 0 } as const;

const readings = {
  charts: { breaker: drawing, alert: drawing },
  children: {
    'root/core/pay': { ...child, state: 'running', chart: 'breaker', at: ['halfOpen'] },
    'root/core/mail': { ...child, state: 'backoff', chart: 'breaker', at: [] },
    'root/core/late': { ...child, state: 'starting', chart: 'breaker', at: [] },
    'root/surfaces/own': { ...child, state: 'running', chart: null, at: ['on'] },
    'root/surfaces/unknown': { ...child, state: 'running', chart: 'of a later version', at: ['on'] },
  },
  alerts: {
    'k-1': { alert: 'k-1', rule: 'stock', component: 'system', state: 'firing' },
    'k-2': { alert: 'k-2', rule: 'stock', component: 'system', state: 'resolved' },
  },
} as unknown as Readings;

test('drawn are actors with a chart, what has crashed, and the alerts that hold', () => {
  expect(drawnOf(readings, null).map(({ path, chart, where }) => [path, chart, where])).toEqual([
    ['root/core/pay', 'breaker', 'half-open'],
    ['root/core/mail', 'breaker', 'crashed'],
    ['root/core/late', 'breaker', 'starting'],
    ['alert k-1: stock of system', 'alert', 'firing'],
  ]);
});

test('an alert that is looked at is drawn when it holds no longer', () => {
  const [alert] = drawnOf(readings, 'alert k-2: stock of system').slice(-1);

  expect(alert).toMatchObject({ path: 'alert k-2: stock of system', at: ['resolved'], isCrashed: false });
});
