import { expect, test } from 'vitest';
import { emptyState, applyFrame } from '../../src/surfaces/client/apply-frame.ts';
import { readFrame } from '../../src/surfaces/client/read-frame.ts';
import { FEED_PATH, PROTOCOL } from '../../src/surfaces/feed/admit.ts';
import { Journal } from '../../src/surfaces/feed/journal.ts';

const SNAPSHOT =
  '{"v":1,"type":"snapshot","epoch":"k3","seq":1,"atMs":1200,"state":[["usage","acme",{"count":1}],["usage","gone",{"count":2}]]}';
const DELTA =
  '{"v":1,"type":"delta","epoch":"k3","seq":2,"atMs":1450.5,"set":[["usage","acme",{"count":3}]],"unset":[["usage","gone"]]}';

test('the server writes these bytes', () => {
  const journal = new Journal('k3');

  journal.advance({ ...emptyState(), usage: { acme: { count: 1 }, gone: { count: 2 } } } as never, 1200);

  expect(journal.snapshot().toString()).toBe(SNAPSHOT);
  expect(journal.advance({ ...emptyState(), usage: { acme: { count: 3 } } } as never, 1450.5)?.toString()).toBe(DELTA);
});

test('the client reads these bytes', () => {
  const view = applyFrame(applyFrame(null, readFrame(SNAPSHOT)!), readFrame(DELTA)!);

  expect(view).toEqual({
    epoch: 'k3',
    seq: 2,
    atMs: 1450.5,
    state: { ...emptyState(), usage: { acme: { count: 3 } } },
  });
});

test('the state has these sections', () => {
  expect(Object.keys(emptyState())).toEqual([
    'runtime',
    'breakers',
    'pipelines',
    'health',
    'components',
    'degradation',
    'flags',
    'limits',
    'metering',
    'usage',
    'children',
    'charts',
    'engine',
    'recoveries',
    'providers',
    'store',
    'alerts',
    'alerting',
    'transitions',
    'timeline',
    'samples',
  ]);
});

test('a client asks for this path and this protocol', () => {
  expect([FEED_PATH, PROTOCOL]).toEqual(['/feed', 'holdfast.v1']);
});
