import { describe, expect, test } from 'vitest';
import { afterExit, restartGroup, type Restart } from '../../../actors/supervisor/strategy.ts';

test.each([
  ['permanent', 'normal', 'restart'],
  ['permanent', 'shutdown', 'restart'],
  ['permanent', 'error', 'restart'],
  ['transient', 'normal', 'keep'],
  ['transient', 'shutdown', 'keep'],
  ['transient', 'error', 'restart'],
  ['temporary', 'normal', 'remove'],
  ['temporary', 'shutdown', 'remove'],
  ['temporary', 'error', 'remove'],
] as const)('S4: a %s child that exits %s: %s', (restart, reason, consequence) => {
  expect(afterExit(restart, reason)).toBe(consequence);
});

describe('S2: of a, b, c, d, b fails', () => {
  const child = (id: string, restart: Restart = 'permanent') => ({ id, spec: { restart } });
  const ids = (children: readonly { id: string }[]) => children.map(({ id }) => id).join(' ');

  test.each([
    ['oneForOne', '', 'b'],
    ['simpleOneForOne', '', 'b'],
    ['restForOne', 'd c', 'b c d'],
    ['oneForAll', 'd c a', 'a b c d'],
  ] as const)('%s stops [%s] and starts [%s]', (strategy, stopped, started) => {
    const [a, b, c, d] = [child('a'), child('b'), child('c'), child('d')];

    const { stop, start } = restartGroup(strategy, [a, b, c, d], b);

    expect([ids(stop), ids(start)]).toEqual([stopped, started]);
  });

  test('a temporary sibling is stopped with its group and not started again', () => {
    const [a, b, c, d] = [child('a'), child('b'), child('c', 'temporary'), child('d')];

    const { stop, start } = restartGroup('restForOne', [a, b, c, d], b);

    expect([ids(stop), ids(start)]).toEqual(['d c', 'b d']);
  });
});
