import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MeteringGroups, OTHER } from '../../src/hotpath/metering-groups.ts';

const REST = { tenant: OTHER, operation: OTHER, tier: OTHER, agent: OTHER };

test('the same names are one group, and each name makes a difference', () => {
  const groups = new MeteringGroups(64);

  const numbers = [
    groups.find('acme', 'chat', 'gold', 'bot'),
    groups.find('zeta', 'chat', 'gold', 'bot'),
    groups.find('acme', 'embed', 'gold', 'bot'),
    groups.find('acme', 'chat', 'free', 'bot'),
    groups.find('acme', 'chat', 'gold', ''),
  ];

  expect(new Set(numbers).size).toBe(5);
  expect(groups.find('acme', 'chat', 'gold', 'bot')).toBe(numbers[0]);
  expect(groups.namesOf(numbers[4]!)).toEqual({ tenant: 'acme', operation: 'chat', tier: 'gold', agent: '' });
});

const name = fc.constantFrom('a', 'b', 'c', undefined, '');

test('a group is always that of its names, whatever was asked for in between', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name, name, name), { maxLength: 60 }), (asked) => {
      const groups = new MeteringGroups(512);
      const first = asked.map((names) => groups.find(...names));

      expect(asked.map((names) => groups.find(...names))).toEqual(first);
      for (const [index, [tenant, operation, tier, agent]] of asked.entries()) {
        const isWhole = Boolean(tenant && operation && tier) && agent !== undefined;
        const expected = isWhole ? { tenant, operation, tier, agent } : { ...REST, tenant: tenant || OTHER };
        expect(groups.namesOf(first[index]!)).toEqual(expected);
      }
    }),
  );
});

test('names that mean something to an object are names like any other', () => {
  const groups = new MeteringGroups(64);
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

  for (const name of names)
    expect(groups.namesOf(groups.find(name, name, name, name))).toEqual({
      tenant: name,
      operation: name,
      tier: name,
      agent: name,
    });
});

describe('a name that is none', () => {
  const LONG = 'n'.repeat(257);

  test.each([undefined, null, '', LONG, 7, NaN, {}, [], Symbol('s')])(
    'as tenant goes to the tenant __other (%#)',
    (name) => {
      const groups = new MeteringGroups(64);

      expect(groups.namesOf(groups.find(name, 'chat', 'gold', ''))).toEqual(REST);
    },
  );

  test.each([undefined, null, '', LONG, 7, NaN, {}, []])(
    'elsewhere is charged to the tenant all the same (%#)',
    (name) => {
      const groups = new MeteringGroups(64);
      const rest = { ...REST, tenant: 'acme' };

      expect(groups.namesOf(groups.find('acme', name, 'gold', ''))).toEqual(rest);
      expect(groups.namesOf(groups.find('acme', 'chat', name, ''))).toEqual(rest);
      if (name !== '') expect(groups.namesOf(groups.find('acme', 'chat', 'gold', name))).toEqual(rest);
    },
  );

  test('of 256 characters is one', () => {
    const groups = new MeteringGroups(64);
    const name = 'n'.repeat(256);

    expect(groups.namesOf(groups.find(name, name, name, name)).tenant).toBe(name);
  });
});

describe('M7 when there is no more room', () => {
  test('a tenant too many goes to __other, and those known stay exact', () => {
    const groups = new MeteringGroups(16);
    for (let tenant = 0; tenant < 8; tenant++) groups.find(`tenant-${tenant}`, 'chat', 'gold', '');

    expect(groups.namesOf(groups.find('one-more', 'chat', 'gold', ''))).toEqual(REST);
    expect(groups.namesOf(groups.find('tenant-7', 'chat', 'gold', '')).tenant).toBe('tenant-7');
  });

  test('a tenant that invents operations fills what it shares, and no other tenant loses its own count', () => {
    const groups = new MeteringGroups(16);
    for (let operation = 0; operation < 100; operation++) groups.find('noisy', `operation-${operation}`, 'gold', '');

    expect(groups.namesOf(groups.find('quiet', 'chat', 'gold', ''))).toEqual({ ...REST, tenant: 'quiet' });
  });

  test('no group beyond the size is ever given', () => {
    const groups = new MeteringGroups(16);

    const numbers = Array.from({ length: 1_000 }, (_, index) =>
      groups.find(`tenant-${index % 37}`, `operation-${index % 11}`, 'gold', ''),
    );

    expect(Math.max(...numbers)).toBeLessThan(16);
    expect(Math.min(...numbers)).toBe(0);
  });
});
