/** Charts as plain values, and as Mermaid: also of machines such as there are none yet. */
import { fromPromise, setup } from 'xstate';
import { expect, test } from 'vitest';
import { chartOf } from '../../actors/chart.ts';
import { chartIdOf, charts } from '../../actors/charts.ts';
import { startTree } from '../../actors/root.ts';
import { resourceLogic } from '../../actors/supervisor/resource.ts';
import { mermaid } from '../../src/surfaces/cli/charts/mermaid.ts';
import { breakerChild } from '../../actors/breaker-child.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';
import { machines } from './machines.ts';

const task = setup({
  types: {} as { events: { type: 'go' | 'stop' | 'note' } },
  actors: { work: fromPromise(async () => 1) },
  guards: { isWanted: () => true },
  actions: { count: () => {}, tell: () => {} },
  delays: { patience: 100 },
}).createMachine({
  id: 'task',
  initial: 'idle',
  on: { stop: '.over' },
  states: {
    idle: {
      on: { go: { guard: 'isWanted', target: 'working', actions: ['count', 'tell'] }, note: { actions: 'count' } },
    },
    working: {
      initial: 'fetching',
      onDone: 'over',
      states: {
        fetching: { invoke: { src: 'work', onDone: 'waiting', onError: '#task.over' }, after: { patience: 'waiting' } },
        waiting: { always: { guard: 'isWanted', target: 'fetched' }, after: { 50: 'fetched' } },
        fetched: { type: 'final' },
      },
    },
    over: { type: 'final' },
  },
});

test('a chart has states within states, and every edge with its event, guard and actions', () => {
  const { id, states, edges } = chartOf(task)!;

  expect(id).toBe('task');
  expect(states).toEqual([
    { path: 'idle', within: null, kind: 'atomic', isInitial: true },
    { path: 'working', within: null, kind: 'compound', isInitial: false },
    { path: 'working.fetching', within: 'working', kind: 'atomic', isInitial: true },
    { path: 'working.waiting', within: 'working', kind: 'atomic', isInitial: false },
    { path: 'working.fetched', within: 'working', kind: 'final', isInitial: false },
    { path: 'over', within: null, kind: 'final', isInitial: false },
  ]);
  expect(edges).toContainEqual({
    from: 'idle',
    to: 'working',
    event: 'go',
    guard: 'isWanted',
    actions: ['count', 'tell'],
  });
  expect(JSON.parse(JSON.stringify(edges))).toEqual(edges);
});

test('Mermaid has them nested, one arrow for each pair of states', () => {
  expect(mermaid(chartOf(task)!).split('\n')).toEqual([
    'stateDiagram-v2',
    '  [*] --> idle',
    '  state "working" as working {',
    '    state "fetching" as working_fetching',
    '    [*] --> working_fetching',
    '    state "waiting" as working_waiting',
    '    state "fetched" as working_fetched',
    '    working_fetched --> [*]',
    '  }',
    '  over --> [*]',
    '  idle --> working: go [isWanted] / count tell',
    '  idle --> idle: note / count',
    '  working --> over: done, stop',
    '  working_fetching --> working_waiting: done, after patience',
    '  working_fetching --> over: error',
    '  working_waiting --> working_fetched: after 50, [isWanted]',
    '  idle --> over: stop',
  ]);
});

test('every machine is among the charts, and logic without one has none', async () => {
  const ids = charts().map(({ id }) => id);

  expect(ids).toEqual(expect.arrayContaining((await machines()).map(([, { id }]) => id)));
  expect(ids).toEqual([...new Set(ids)]);
  expect(chartOf(resourceLogic)).toMatchObject({ id: 'resource' });
  expect(chartOf(fromPromise(async () => 1))).toBeUndefined();
});

test('every child is read with its chart and the states it is in, none while it is down', async () => {
  const env = createVirtualEnv({ seed: 1 });
  const tree = startTree({ env, events: { emit() {} }, onFatal() {} });
  tree.add('core', breakerChild('payments', { state: 'open', expireOpening() {}, expireProbes() {} }));
  tree.add('core', { id: 'task', logic: task });
  tree.add('core', { id: 'promise', logic: fromPromise(() => new Promise(() => {})) });
  await tree.add('store', { id: 'db', start() {}, stop() {} }).ready;
  await tree.kill('root/store/db', new Error('drill'));

  const { children } = tree.tree();

  expect(tree.tree()).toMatchObject({ chart: 'supervisor', at: ['running'] });
  expect(children[0]!.children).toMatchObject([
    { chart: 'breaker', at: ['open'] },
    { chart: null, at: ['idle'] },
    { chart: null, at: [] },
  ]);
  expect(children[1]!.children).toMatchObject([{ chart: 'resource', at: [], state: 'backoff' }]);
  expect(charts().map(({ id }) => id)).toContain(children[0]!.children[0]!.chart);
  expect(chartIdOf(task)).toBe(null);
});

test('an actor in states within states is in the innermost ones', () => {
  const tree = startTree({ env: createVirtualEnv({ seed: 1 }), events: { emit() {} }, onFatal() {} });
  const regions = setup({}).createMachine({
    id: 'regions',
    type: 'parallel',
    states: { a: { initial: 'one', states: { one: {}, two: {} } }, b: { initial: 'x', states: { x: {} } }, c: {} },
  });
  tree.add('core', { id: 'regions', logic: regions });

  expect(tree.reading()['root/core/regions']!.at).toEqual(['a.one', 'b.x', 'c']);
});
