import { setup } from 'xstate';
import { describe, expect, test } from 'vitest';
import { chartOf } from '../../../actors/chart.ts';
import { charts } from '../../../src/index.ts';
import { layoutOf } from '../../../src/surfaces/dashboard/charts/layout.ts';

const nested = chartOf(
  setup({}).createMachine({
    id: 'nested',
    initial: 'idle',
    states: {
      idle: { on: { go: 'working', fast: 'working.checking' } },
      working: {
        initial: 'fetching',
        on: { stop: 'idle' },
        states: { fetching: { on: { next: 'checking' } }, checking: { on: { next: 'fetching' } } },
      },
    },
  }),
)!;

describe.each([...charts(), nested].map((chart) => [chart.id, chart] as const))('the chart %s', (_, chart) => {
  const { left, top, width, height, boxes, arrows } = layoutOf(chart);

  test('has a box for each state and one arrow for each pair of states with an edge', () => {
    const pairs = new Set(chart.edges.filter(({ from, to }) => from !== to).map(({ from, to }) => `${from} ${to}`));

    expect(boxes.map(({ path }) => path)).toEqual(chart.states.map(({ path }) => path));
    expect(new Set(arrows.map(({ from, to }) => `${from} ${to}`))).toEqual(pairs);
    expect(arrows.length).toBe(pairs.size);
  });

  test('lies within its frame, boxes and arrows', () => {
    const corners = boxes.flatMap((box) => [box.x, box.x + box.width].map((x) => [x, box.y] as const));
    const bends = arrows.flatMap(({ line }) =>
      [...line.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [+x!, +y!]),
    );

    for (const [x, y] of [...corners, ...bends]) {
      expect(x).toBeGreaterThanOrEqual(left);
      expect(x).toBeLessThanOrEqual(left + width);
      expect(y).toBeGreaterThanOrEqual(top);
      expect(y).toBeLessThanOrEqual(top + height);
    }
  });

  test('has no boxes that lie upon each other, but those within one another', () => {
    const overlapping = boxes.flatMap((one) =>
      boxes
        .filter((other) => other !== one && other.within !== one.path && one.within !== other.path)
        .filter((other) => one.x < other.x + other.width && other.x < one.x + one.width)
        .filter((other) => one.y < other.y + other.height && other.y < one.y + one.height)
        .map((other) => `${one.path} and ${other.path}`),
    );

    expect(overlapping).toEqual([]);
  });
});

test('all events between two states share their arrow', () => {
  const breaker = charts().find(({ id }) => id === 'breaker')!;

  const arrow = layoutOf(breaker).arrows.find(({ from, to }) => from === 'halfOpen' && to === 'open');

  expect(arrow).toMatchObject({
    events: ['trip', 'probeTimeout', 'open'],
    line: expect.stringMatching(/^M[-\d.]+ .*L/),
  });
});
