import { expect, test } from 'vitest';
import { watch, type Watched } from '../../../src/surfaces/dashboard/charts/moves.ts';

/** in  `payments closed`, or `payments` alone for one that is down.   out  each move that is flashed, with its number */
function flashes(...readings: readonly string[]): readonly string[] {
  let watched: Watched | null = null;
  return readings.map((reading) => {
    const [path = '', at = null] = reading.split(' ');
    watched = watch(watched, path, at);
    return watched.move === null ? '' : `${watched.move.from} ${watched.move.to} ${watched.moves}`;
  });
}

test('a move is flashed until the next one, the same one again anew', () => {
  expect(flashes('a closed', 'a open', 'a open', 'a closed', 'a open')).toEqual([
    '',
    'closed open 1',
    'closed open 1',
    'open closed 2',
    'closed open 3',
  ]);
});

test('neither another actor nor another life is a move', () => {
  expect(flashes('a closed', 'b open', 'b closed')).toEqual(['', '', 'open closed 1']);
  expect(flashes('a closed', 'a open', 'a', 'a closed', 'a open')).toEqual([
    '',
    'closed open 1',
    '',
    '',
    'closed open 2',
  ]);
});
