/** Features and limits: what the level, a hand and their needs make of them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Flags } from '../../src/control/flags/flags.ts';
import { Limits } from '../../src/control/flags/limits.ts';
import { Dispatcher } from '../../src/core/dispatcher.ts';
import type { HoldfastEvent } from '../../src/core/events.ts';
import type { Keep } from '../../src/core/keep.ts';
import { LEVELS } from '../../src/core/levels.ts';
import type { Level } from '../../src/core/readings.ts';
import { createVirtualEnv } from '../../src/testing/virtual-env.ts';

const BY_HAND = { by: 'ada', reason: 'the launch' };
const FORGETFUL: Keep = { put: () => {}, all: async () => new Map(), onLate: () => {} };

function rig(keep: Keep = FORGETFUL, isOpen = true) {
  const env = createVirtualEnv({ seed: 1 });
  const dispatcher = new Dispatcher(env, 'hash');
  let level: Level = 'full';
  const failures: unknown[] = [];
  const flags = new Flags({
    env,
    events: dispatcher,
    keep,
    level: () => level,
    isOpen: () => isOpen,
    onHeld: () => {},
    onKeepFailed: (error) => failures.push(error),
  });
  const limits = new Limits(dispatcher, () => level);
  const events: HoldfastEvent[] = [];
  dispatcher.on('*', (event) => void events.push(event));
  const at = (to: Level): void => {
    level = to;
    flags.follow();
    limits.follow(to, 'a test');
  };
  /** E.g. `search off`, since the last time it was asked. */
  const changes = (): string[] =>
    events
      .splice(0)
      .flatMap((event) => (event.type === 'flag.changed' ? [`${event.flag} ${event.enabled ? 'on' : 'off'}`] : []));
  return { env, flags, limits, events, failures, at, changes };
}

describe('a feature', () => {
  test('is on until the level at which it goes off, and on again when that is over', () => {
    const { flags, at } = rig();
    flags.make('recommendations', { until: 'reduced' });
    flags.make('search', { until: 'emergency' });
    flags.make('checkout', undefined);
    const seen = [...LEVELS, ...LEVELS.toReversed()].map((level) => {
      at(level);
      return ['recommendations', 'search', 'checkout'].map((name) => Number(flags.isOn(name))).join('');
    });

    expect(seen).toEqual(['111', '011', '011', '001', '001', '011', '011', '111']);
  });

  test('is off while something it needs is off, however far down, and says what', () => {
    const { flags, at, changes } = rig();
    flags.make('search', { until: 'reduced' });
    flags.make('similar', { needs: ['search'] });
    flags.make('shelf', { needs: ['similar'] });

    at('reduced');

    expect(changes()).toEqual(['shelf off', 'similar off', 'search off']);
    expect(flags.reading()['shelf']).toMatchObject({ enabled: false, reason: 'needs "similar", which is off' });
    at('full');
    expect(changes()).toEqual(['search on', 'similar on', 'shelf on']);
  });

  test('made late is as the level has it', () => {
    const { flags, at } = rig();
    at('minimal');

    expect(flags.make('search', { until: 'minimal' })).toBe(false);
    expect(flags.make('help', { until: 'emergency' })).toBe(true);
  });

  test('is told of when all of them are decided, with the reason, and only if it changed', () => {
    const { flags, events, at } = rig();
    flags.make('search', { until: 'reduced' });
    flags.make('help', { until: 'minimal' });
    at('reduced');
    at('reduced');

    expect(events).toMatchObject([
      { type: 'flag.changed', flag: 'search', enabled: false, reason: 'the level is reduced' },
    ]);
  });

  test('is made once: found again without options or with the same, refused with others', () => {
    const { flags } = rig();
    flags.make('search', { until: 'reduced' });

    expect(flags.make('search', undefined)).toBe(true);
    expect(flags.make('search', { until: 'reduced', critical: false })).toBe(true);
    expect(() => flags.make('search', { until: 'minimal' })).toThrow(
      'feature "search".until: expected "reduced" as it was made with, received "minimal"',
    );
  });

  test.each([
    ['itself', { needs: ['a'] }, 'feature "a".needs.0: expected another feature: none can need itself, received "a"'],
    ['one nobody made', { needs: ['b'] }, 'feature "a".needs.0: expected a feature that was made before, received "b"'],
    ['nothing there is', { until: 'full' }, 'feature "a".until: expected one of reduced, minimal, emergency'],
    ['what it cannot', { when: 5 }, 'feature "a": has no key "when"'],
  ])('that wants %s is refused', (_, options, message) => {
    expect(() => rig().flags.make('a', options as never)).toThrow(message);
  });

  test('has a name: not that of all of them, but __proto__ will do; there are at most 1,024', () => {
    const { flags } = rig();
    expect(() => flags.make('*', {})).toThrow('feature name: expected a name other than *, received "*"');
    expect(() => flags.make('', {})).toThrow('feature name: expected a name of 1 to 256 characters');
    flags.make('__proto__', { until: 'reduced' });
    expect(Object.keys(flags.reading())).toEqual(['__proto__']);
    for (let i = 1; i < 1_024; i++) flags.make(`feature ${i}`, {});

    expect(() => flags.make('one more', {})).toThrow('feature "one more": expected at most 1024 features');
    expect(flags.make('feature 7', {})).toBe(true);
  });

  test('nobody made cannot be asked for: it would be off for ever', () => {
    expect(() => rig().flags.isOn('serach')).toThrow('expected one that was made with feature(), received "serach"');
    expect(rig().flags.peek('serach')).toBeUndefined();
  });
});

describe('G6: a critical feature', () => {
  test('is refused where a lesser one would outlast it, and so is the lesser one that comes later', () => {
    const { flags } = rig();
    flags.make('help', { until: 'emergency' });

    expect(() => flags.make('checkout', { critical: true, until: 'minimal' })).toThrow(
      'feature "checkout".until: expected a level at which no lesser feature is on, and "help" goes off at emergency, received "minimal"',
    );
    flags.make('checkout', { critical: true, until: 'emergency' });
    expect(() => flags.make('search', {})).toThrow(
      'feature "search".until: expected a level at which every critical feature is on still, and "checkout" goes off at emergency, received "none"',
    );
    expect(flags.reading()).not.toHaveProperty('search');
  });

  test('is refused where it needs one that goes off too soon', () => {
    const { flags } = rig();
    flags.make('cart', { until: 'reduced' });
    flags.make('help', { until: 'minimal' });

    expect(() => flags.make('checkout', { critical: true, needs: ['cart'] })).toThrow('received "reduced"');
  });

  test('is never off by the level while a lesser one is on, whatever is made of whatever', () => {
    const untils = fc.constantFrom('reduced', 'minimal', 'emergency', undefined);
    const wish = fc.record({ until: untils, critical: fc.boolean(), needs: fc.array(fc.nat(5), { maxLength: 2 }) });
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 12 }), fc.array(fc.constantFrom(...LEVELS)), (wishes, levels) => {
        const { flags, at } = rig();
        for (const [index, { until, critical, needs }] of wishes.entries())
          try {
            flags.make(`f${index}`, { ...(until && { until }), critical, needs: needs.map((need) => `f${need}`) });
          } catch {
            // refused: it is not there
          }
        for (const level of levels) {
          at(level);
          const all = Object.values(flags.reading());

          const isShed = all.some(({ critical, enabled }) => critical && !enabled);

          expect(isShed && all.some(({ critical, enabled }) => !critical && enabled)).toBe(false);
        }
      }),
    );
  });
});

describe('G6: the order in which it is told', () => {
  test('is the lesser first where features go off, and the critical first where they come on', () => {
    const { flags, at, changes } = rig();
    flags.make('checkout', { until: 'emergency', critical: true });
    flags.make('offers', { until: 'reduced' });
    flags.make('search', { until: 'emergency' });
    at('emergency');
    expect(changes()).toEqual(['offers off', 'search off', 'checkout off']);
    at('full');

    expect(changes()).toEqual(['checkout on', 'search on', 'offers on']);
  });

  test('counts what a critical feature needs as critical', () => {
    const { flags, at, changes } = rig();
    flags.make('session', { until: 'emergency' });
    flags.make('cart', { needs: ['session'] });
    flags.make('checkout', { needs: ['cart'], critical: true });
    flags.make('offers', { until: 'emergency', needs: ['session'] });
    at('emergency');
    expect(changes()).toEqual(['offers off', 'checkout off', 'cart off', 'session off']);
    at('full');
    expect(changes()).toEqual(['session on', 'cart on', 'checkout on', 'offers on']);

    flags.hold('session', false, BY_HAND);

    expect(changes()).toEqual(['offers off', 'checkout off', 'cart off', 'session off']);
  });

  test('never has a critical one before a lesser, nor one before what needs it, whatever is made of whatever', () => {
    const untils = fc.constantFrom('reduced', 'minimal', 'emergency', undefined);
    const wish = fc.record({ until: untils, critical: fc.boolean(), needs: fc.array(fc.nat(5), { maxLength: 2 }) });
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 12 }), fc.array(fc.constantFrom(...LEVELS)), (wishes, levels) => {
        const { flags, at, changes } = rig();
        for (const [index, { until, critical, needs }] of wishes.entries())
          try {
            flags.make(`f${index}`, { ...(until && { until }), critical, needs: needs.map((need) => `f${need}`) });
          } catch {
            // refused: it is not there
          }
        const all = flags.reading();
        const isDear = (name: string): boolean =>
          all[name]!.critical || Object.entries(all).some(([by, { needs }]) => needs.includes(name) && isDear(by));
        for (const level of levels) {
          at(level);
          const told = changes();
          const off = told.filter((change) => change.endsWith(' off')).map((change) => change.slice(0, -4));
          const on = told.filter((change) => change.endsWith(' on')).map((change) => change.slice(0, -3));

          for (const order of [off, on.toReversed()])
            for (const [place, name] of order.entries())
              for (const later of order.slice(place + 1)) {
                expect(all[later]!.needs).not.toContain(name);
                expect(isDear(name) && !isDear(later)).toBe(false);
              }
        }
      }),
    );
  });
});

describe('G7: a feature that is held by hand', () => {
  test('is what the hand says at every level, until it is cleared', () => {
    const { flags, at, events } = rig();
    flags.make('search', { until: 'reduced' });
    at('emergency');

    expect(flags.hold('search', true, BY_HAND)).toBe(true);
    at('full');
    expect(flags.hold('search', false, BY_HAND)).toBe(false);
    expect(flags.reading()['search']).toMatchObject({
      reason: 'ada: the launch',
      override: { enabled: false, ...BY_HAND, untilMs: null },
    });
    expect(flags.release('search', { by: 'bob', reason: 'over' })).toBe(true);
    expect(flags.release('search', { by: 'bob', reason: 'over' })).toBe(false);

    expect(flags.isOn('search')).toBe(true);
    expect(events.filter(({ type }) => type !== 'flag.changed')).toMatchObject([
      { type: 'flag.overridden', flag: 'search', enabled: true, ...BY_HAND },
      { type: 'flag.overridden', flag: 'search', enabled: false, ...BY_HAND },
      { type: 'flag.released', flag: 'search', by: 'bob', reason: 'over' },
    ]);
  });

  test('is let go when its time is over', () => {
    const { env, flags, events } = rig();
    flags.make('search', {});
    flags.hold('search', false, { ...BY_HAND, forMs: 1_000 });
    env.advance(999);
    flags.expire(env.now());
    expect(flags.isOn('search')).toBe(false);

    env.advance(1);
    flags.expire(env.now());

    expect(flags.isOn('search')).toBe(true);
    expect(events.at(-2)).toMatchObject({ type: 'flag.released', flag: 'search', reason: 'its time is over' });
  });

  test('on is off all the same while what it needs is off; off, it takes with it what needs it', () => {
    const { flags, changes } = rig();
    flags.make('search', {});
    flags.make('similar', { needs: ['search'] });

    flags.hold('search', false, BY_HAND);
    expect(flags.hold('similar', true, BY_HAND)).toBe(false);

    expect(changes()).toEqual(['similar off', 'search off']);
  });

  test('needs a feature, a yes or no, a name and a reason', () => {
    const { flags } = rig();
    flags.make('search', {});

    expect(() => flags.hold('other', true, BY_HAND)).toThrow('expected one that was made with feature()');
    expect(() => flags.hold('search', 1 as never, BY_HAND)).toThrow('setFlag "search": expected true or false');
    expect(() => flags.hold('search', true, { by: 'ada' } as never)).toThrow('setFlag "search".reason: expected');
    expect(() => flags.release('search', {} as never)).toThrow('clearFlag "search".by: expected');
  });
});

describe('a hand that is kept', () => {
  const WALL_MS = createVirtualEnv({ seed: 1 }).wall();
  const keeping = (kept: Record<string, unknown>) => {
    const store = new Map(Object.entries(kept) as [string, object][]);
    const put = (_: string, id: string, value: object | null): void =>
      void (value === null ? store.delete(id) : store.set(id, value));
    return { store, keep: { put, all: async () => new Map(store), onLate: () => {} } };
  };
  const hold = (more: object = {}) => ({ enabled: false, ...BY_HAND, atWallMs: WALL_MS, ...more });

  test('is kept when it is laid on, and forgotten when it is taken off', () => {
    const { store, keep } = keeping({});
    const { flags } = rig(keep);
    flags.make('search', {});
    flags.hold('search', false, { ...BY_HAND, forMs: 500 });
    expect(Object.fromEntries(store)).toEqual({ search: hold({ forMs: 500 }) });

    flags.release('search', BY_HAND);

    expect(store.size).toBe(0);
  });

  test('holds a feature that was made before it was read, and one that is made after', async () => {
    const { flags } = rig(keeping({ search: hold(), later: hold({ forMs: 60_000 }) }).keep);
    flags.make('search', {});
    await flags.takeUp();

    expect(flags.isOn('search')).toBe(false);
    expect(flags.make('later', {})).toBe(false);
    expect(flags.reading()['later']!.override!.untilMs).toBe(60_000);
  });

  test('gives way to a newer one, and is forgotten when its time was over', async () => {
    const { store, keep } = keeping({ search: hold(), old: hold({ forMs: 5, atWallMs: WALL_MS - 5 }) });
    const before = new Map(store);
    const { flags } = rig({ ...keep, all: async () => before });
    flags.make('search', {});
    flags.make('old', {});
    flags.hold('search', true, BY_HAND);
    await flags.takeUp();

    expect([flags.isOn('search'), flags.isOn('old')]).toEqual([true, true]);
    expect(store.has('old')).toBe(false);
  });

  test('is let go by a person who does so before it was read, and forgotten', async () => {
    const { store, keep } = keeping({ search: hold(), help: hold() });
    const { flags } = rig(keep);
    for (const name of ['search', 'help']) flags.make(name, {});
    const takenUp = flags.takeUp();
    expect(flags.release('search', BY_HAND)).toBe(false);
    flags.hold('help', false, BY_HAND);
    expect(flags.release('help', BY_HAND)).toBe(true);
    await takenUp;

    expect([flags.isOn('search'), flags.isOn('help'), store.size]).toEqual([true, true, 0]);
  });

  test('and makes no sense is told, and hurts no other', async () => {
    const { flags, failures } = rig(keeping({ search: { enabled: 5 }, help: hold() }).keep);
    flags.make('search', {});
    flags.make('help', {});
    await flags.takeUp();

    expect([flags.isOn('search'), flags.isOn('help')]).toEqual([true, false]);
    expect(String(failures[0])).toContain('kept flag "search".enabled: expected true or false, received 5');
  });
});

test('a hand that is kept is left to the next process by one that has been stopped', async () => {
  const kept = { enabled: false, ...BY_HAND, atWallMs: 0 };
  const { flags } = rig({ put: () => {}, all: async () => new Map([['search', kept]]), onLate: () => {} }, false);
  flags.make('search', {});
  await flags.takeUp();

  expect(flags.isOn('search')).toBe(true);
});

test('a keep that cannot be read is told, and hurts nobody', async () => {
  const { flags, failures } = rig({ put: () => {}, all: () => Promise.reject(new Error('no disk')), onLate: () => {} });
  flags.make('search', {});
  await flags.takeUp();

  expect([flags.isOn('search'), String(failures[0])]).toEqual([true, 'Error: no disk']);
});

describe('a limit', () => {
  test('is the number of the level in force, told of when it changes', () => {
    const { limits, events, at } = rig();
    expect(limits.value('tokens', { full: 100, reduced: 20, emergency: 0 })).toBe(100);
    limits.value('pages', { full: 5 });
    const seen = LEVELS.map((level) => {
      at(level);
      return limits.value('tokens', undefined);
    });

    expect(seen).toEqual([100, 20, 20, 0]);
    expect(events).toMatchObject([
      { type: 'limit.changed', limit: 'tokens', from: 100, to: 20, reason: 'the level is reduced: a test' },
      { type: 'limit.changed', limit: 'tokens', from: 20, to: 0 },
    ]);
    expect(limits.reading()['tokens']).toEqual({
      value: 0,
      byLevel: { full: 100, reduced: 20, minimal: 20, emergency: 0 },
    });
  });

  test('made late is that of the level; made again it must be the same', () => {
    const { limits, at } = rig();
    at('reduced');
    expect(limits.value('tokens', { full: 100, reduced: 20 })).toBe(20);

    expect(limits.value('tokens', { full: 100, reduced: 20, minimal: 20 })).toBe(20);
    expect(() => limits.value('tokens', { full: 100, reduced: 30 })).toThrow(
      'limit "tokens".reduced: expected 20 as it was made with, received 30',
    );
  });

  test.each([
    [undefined, 'limit name: expected one that was made with values for its levels, received "tokens"'],
    [{ reduced: 5 }, 'limit "tokens".full: expected a number from 0 to'],
    [{ full: NaN }, 'limit "tokens".full: expected a number from 0 to'],
    [{ full: 5, minmal: 1 }, 'limit "tokens": has no key "minmal"; did you mean "minimal"?'],
  ])('of %j is refused', (values, message) => {
    expect(() => rig().limits.value('tokens', values as never)).toThrow(message);
  });

  test('there are at most 1,024', () => {
    const { limits } = rig();
    for (let i = 0; i < 1_024; i++) limits.value(`limit ${i}`, { full: i });

    expect(() => limits.value('one more', { full: 1 })).toThrow('limit "one more": expected at most 1024 limits');
    expect(limits.value('limit 7', undefined)).toBe(7);
  });
});
