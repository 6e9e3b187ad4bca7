/** The table of DESIGN.md, "Rooms": which room may import from which. Types count like values. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { describe, expect, test } from 'vitest';

/** By room, the rooms it may import from; its own is always allowed. `policies/*` is each policy, apart from the rest. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  wasm: [],
  core: [],
  hotpath: ['core', 'wasm'],
  actors: ['core', 'wasm'],
  policies: ['core', 'hotpath', 'policies/*'],
  'policies/layers': ['core', 'hotpath', 'policies', 'policies/*'], // the corridor a second time, as wrappers
  'policies/*': ['core', 'hotpath', 'wasm'], // a slot's states are the byte map's
  control: ['core', 'hotpath', 'actors'],
  durable: ['core', 'hotpath'],
  testing: ['core', 'index'],
  'surfaces/*': ['index'],
  'surfaces/dashboard': ['index', 'surfaces/client'], // the page is a client
  'surfaces/cli': ['index', 'surfaces/*'],
  root: ['wasm', 'core', 'hotpath', 'actors', 'policies', 'policies/*', 'control', 'durable'],
  index: ['wasm', 'core', 'hotpath', 'actors', 'policies', 'policies/*', 'control', 'durable', 'root'],
};
/** What package.json exports: the only files that may pass on what others export. */
const ENTRIES = new Set([
  'src/index.ts',
  'src/testing/index.ts',
  'src/surfaces/feed/serve-feed.ts',
  'src/surfaces/client/connect-feed.ts',
]);

const files = globSync(['src/**/*.{ts,tsx}', 'actors/**/*.ts', 'wasm/layout.ts']).toSorted();
const specifiers = new Map(files.map((file) => [file, specifiersOf(file)]));
const imports = new Map(
  [...specifiers].map(([file, all]) => [file, all.filter(isOurs).map((to) => join(dirname(file), to))]),
);

test('every file is in a room of the table', () => {
  expect(files.filter((file) => rowOf(roomOf(file)) === undefined)).toEqual([]);
});

test('every import is one the table allows', () => {
  const arrows = [...imports].flatMap(([from, all]) => all.map((to) => ({ from, to })));

  const forbidden = arrows.filter(({ from, to }) => !mayImport(roomOf(from), roomOf(to)) && !isSchema(from, to));

  expect(forbidden.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
});

test('no import leads in a circle', () => {
  expect(files.flatMap((file) => circleFrom(file))).toEqual([]);
});

test('nothing is exported from another file but by the entries', () => {
  const reExport = /^export\s+(\*|type\s+\{|\{)[^;]*?\sfrom\s/m;

  const barrels = files.filter((file) => !ENTRIES.has(file) && reExport.test(readFileSync(file, 'utf8')));

  expect(barrels).toEqual([]);
});

describe('one door per dependency', () => {
  const doors = new Map<string, Set<string>>();
  for (const [file, all] of specifiers) {
    for (const specifier of all.filter((each) => !isOurs(each) && !each.startsWith('node:'))) {
      const [name = ''] = /^(@[^/]+\/)?[^/]+/.exec(specifier) ?? [];
      doors.set(name, (doors.get(name) ?? new Set()).add(file));
    }
  }

  test.each([...doors])('%s', (name, behind) => {
    // The statecharts are written in xstate; the page is an application of its own.
    const outside = [...behind].filter((file) => !file.startsWith('src/surfaces/dashboard/'));
    if (name === 'xstate') expect(outside.filter((file) => !file.startsWith('actors/'))).toEqual([]);
    else expect(outside.length, outside.join(', ')).toBeLessThanOrEqual(1);
  });
});

/** shape  specifiersOf('src/core/errors.ts') → ['./describe.ts'] */
function specifiersOf(file: string): readonly string[] {
  const source = readFileSync(file, 'utf8');
  const statements = source.matchAll(/^(?:import|export)\s[^;'"`]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm);
  const calls = source.matchAll(/\bimport\(\s*'([^']+)'/g);
  return [...statements, ...calls].map(([, one, other]) => one ?? other ?? '');
}

/** A surface's options read like all others without making the schema's words public. */
function isSchema(from: string, to: string): boolean {
  return from.startsWith('src/surfaces/') && to === 'src/core/schema.ts';
}

function isOurs(specifier: string): boolean {
  return specifier.startsWith('.');
}

/** shape  'src/policies/retry/retry.ts' → 'policies/retry' · 'src/control/health/tick.ts' → 'control' · 'src/runtime.ts' → 'root' */
function roomOf(file: string): string {
  if (file === 'src/index.ts') return 'index';
  const [first = '', ...rest] = file.replace(/^src\//, '').split('/');
  if (rest.length === 0) return 'root';
  return first === 'policies' || first === 'surfaces' ? [first, ...rest.slice(0, -1)].slice(0, 2).join('/') : first;
}

function rowOf(room: string): readonly string[] | undefined {
  return MAY_IMPORT[room] ?? MAY_IMPORT[room.replace(/\/.*/, '/*')];
}

function mayImport(from: string, to: string): boolean {
  if (from === to) return true;
  const row = rowOf(from) ?? [];
  return row.includes(to) || (to.includes('/') && row.includes(to.replace(/\/.*/, '/*')));
}

/** The shortest way back to `start`, or nothing. */
function circleFrom(start: string): string[] {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const next of imports.get(file) ?? []) {
      if (next === start) return [`${start} … ${file} → ${start}`];
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return [];
}
