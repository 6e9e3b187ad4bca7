/** What of availability is kept, how seldom, and what is made of what was kept. */
import { describe, expect, test } from 'vitest';
import type { Component } from '../../src/control/health/component.ts';
import { KeptUptimes } from '../../src/control/health/kept-uptimes.ts';

const START_MS = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

/** A store that two lives share; its rows, and what is put into it. in  isDown   until it is `back` */
function rig(rows = new Map<string, object>(), isDown = false) {
  let takeUp = (): void => {};
  const clock = { nowMs: 0, wallMs: START_MS };
  const puts: string[] = [];
  const bad: unknown[] = [];
  const keep = {
    put: (_: string, id: string, value: object | null) => {
      puts.push(id);
      if (value === null) rows.delete(id);
      else rows.set(id, JSON.parse(JSON.stringify(value)) as object);
    },
    all: async () => (isDown ? new Map() : new Map(rows)),
    onLate: (late: () => void) => void (takeUp = late),
  };
  const back = async (): Promise<void> => {
    isDown = false;
    takeUp();
    await Promise.resolve(); // it has been asked for all there is
  };
  const env = { now: () => clock.nowMs, wall: () => clock.wallMs };
  const kept = new KeptUptimes({ env, keep, onBad: (error) => bad.push(error) });
  const advance = (ms: number): void => {
    clock.nowMs += ms;
    clock.wallMs += ms;
  };
  const look = (components: readonly Component[], score: number | null): void => {
    for (const { uptime } of components) uptime.observe(score, clock.nowMs);
    kept.look(components, clock.nowMs);
  };
  return { kept, rows, puts, bad, clock, advance, look, back };
}

function several({ kept }: { readonly kept: KeptUptimes }, count: number): Component[] {
  const one = { kind: 'check', weight: 1, critical: false, score: 1, reason: null } as const;
  return Array.from({ length: count }, (_, at) => ({ ...one, name: `c${at}`, uptime: kept.take('check', `c${at}`) }));
}

describe('what is written', () => {
  test('is looked through once a minute, and goes 32 rows a tick, the moment they hold for last', () => {
    const { kept, puts, advance, look, rows, clock } = rig();
    const components = several({ kept }, 70);
    look(components, 1);
    advance(59_999);
    look(components, 1);
    expect(puts).toEqual([]);
    advance(1);
    look(components, 1);
    const seenWallMs = clock.wallMs;

    const written = [1, 2, 3, 4].map(() => {
      puts.length = 0;
      advance(1_000);
      look(components, 1);
      return puts.length;
    });

    expect(written).toEqual([32, 32, 7, 0]);
    expect(rows.get('seen')).toEqual({ atWallMs: seenWallMs });
  });

  test('is of 2,048 components at most', () => {
    const { kept, rows, advance, look, clock } = rig();
    const components = several({ kept }, 3_000);
    look(components, 1);
    advance(MINUTE);

    kept.flush(components, clock.nowMs);

    expect(rows.size).toBe(2_048 + 1);
  });

  test('is all written anew when the wall clock was set', () => {
    const { kept, puts, advance, look, clock, rows } = rig();
    const components = several({ kept }, 2);
    look(components, 0);
    advance(MINUTE);
    kept.flush(components, clock.nowMs);
    puts.length = 0;

    clock.wallMs += 3_600_000;
    advance(MINUTE);
    kept.flush(components, clock.nowMs);

    expect(puts).toEqual(['check/c0', 'check/c1', 'seen']);
    expect(rows.get('check/c0')).toMatchObject({ phase: 'down', phaseSinceMs: START_MS + 3_600_000 });
  });
});

describe('what is read', () => {
  const lived = (): Map<string, object> => {
    const first = rig();
    const components = several(first, 2);
    first.look(components, 0);
    first.advance(MINUTE);
    first.kept.flush(components, first.clock.nowMs);
    return first.rows;
  };

  test('counts up to the last moment it was seen', async () => {
    const second = rig(lived());
    second.clock.wallMs += 10 * MINUTE;
    await second.kept.read();

    const [component] = several(second, 1);
    second.look([component!], 1);
    second.advance(MINUTE);

    expect(component!.uptime.availabilityAt(second.clock.nowMs)).toBe(0.5);
  });

  test('is given to the first who asks, and to nobody before there is a moment', async () => {
    const rows = lived();
    const second = rig(rows);
    await second.kept.read();
    const lost = rig(new Map([...rows].filter(([id]) => id !== 'seen')));
    await lost.kept.read();

    expect(several(second, 1)[0]!.uptime.past?.sinceMs).toBe(0);
    expect(several(second, 1)[0]!.uptime.past).toBeUndefined();
    expect(several(lost, 1)[0]!.uptime.past).toBeUndefined();
  });

  test('late is not taken for what became of a component that is there already, a day later either', async () => {
    const rows = lived();
    const second = rig(rows, true);
    await second.kept.read();
    const components = several(second, 1);
    second.look(components, 1);
    await second.back();
    second.advance(MINUTE);
    second.kept.flush(components, second.clock.nowMs);
    expect(rows.get('check/c0')).toMatchObject({ phase: 'up' });
    second.advance(24 * 60 * MINUTE + 10 * MINUTE);
    second.kept.flush(components, second.clock.nowMs);

    expect(rows.get('check/c0')).toMatchObject({ phase: 'up' });
    expect(several(second, 1)[0]!.uptime.past).toBeUndefined();
  });

  test.each([
    ['no instant', { sinceMs: 'long ago' }],
    ['an instant without end', { sinceMs: 1e300 }],
    ['a spell longer than ten minutes', { down: [[START_MS, 1e12]] }],
    ['a phase nobody has', { phase: 'sideways' }],
    ['more than we write', { more: 1 }],
  ])('with %s is told, and forgotten', async (_, wrong) => {
    const rows = lived();
    rows.set('check/c0', { ...rows.get('check/c0'), ...wrong });
    const second = rig(rows);
    await second.kept.read();

    expect(second.bad.length).toBe(1);
    expect([...rows.keys()]).toEqual(['check/c1', 'seen']);
    expect(several(second, 2).map(({ uptime }) => uptime.past?.phase)).toEqual([undefined, 'out']);
  });
});
