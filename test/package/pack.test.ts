/**
 * What a user installs: every file there for a reason, none left over.
 *
 * Built into an application of its own, so that it needs no build before it and sees none that is stale. The application
 * is inside the checkout, where the package's dependencies are found.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtFiles } from '../../scripts/built-files.ts';

const DOCUMENTS = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
/** Of what is built in; made by the build. */
const LICENSES = 'dist/licenses.md';
const TSC = 'node_modules/typescript/bin/tsc';
const VITE = 'node_modules/vite/bin/vite.js';

let application: string;
let folder: string;
let packed: string[];

beforeAll(() => {
  mkdirSync('build', { recursive: true });
  application = mkdtempSync(resolve('build/pack-'));
  folder = join(application, 'node_modules/holdfast');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(application, 'package.json'), '{ "private": true }');
  for (const document of DOCUMENTS) copyFileSync(document, join(folder, document));
  const into = ['--outDir', join(folder, 'dist')];
  execFileSync(process.execPath, [TSC, '-p', 'tsconfig.build.json', ...into]);
  execFileSync(process.execPath, [VITE, 'build', '--config', 'vite.package.config.ts', '--logLevel', 'warn', ...into]);
  const report = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder });
  packed = filesOf(JSON.parse(report.toString()));
}, 120_000);

afterAll(() => rmSync(application, { recursive: true }));

test('the package holds its documents, one .d.ts for each source file, and what its entries lead to', () => {
  const sources = globSync(['src/**/*.ts', 'actors/**/*.ts', 'wasm/layout.ts'], {
    exclude: ['src/surfaces/dashboard/**'],
  });
  const types = sources.map((source) => `dist/${source.replace(/\.ts$/, '.d.ts')}`);

  expect(packed.toSorted()).toEqual([...DOCUMENTS, LICENSES, ...types, ...builtFiles(folder)].toSorted());
});

test('every file that package.json points to is in the package', () => {
  const { exports, bin, types } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;

  const targets = [exports, bin, types].flatMap(stringsIn).map((target) => target.replace(/^\.\//, ''));

  expect(targets.length).toBeGreaterThan(0);
  expect(targets.filter((target) => !packed.includes(target))).toEqual([]);
});

test('what is built runs: its threads find their files, and its entries have the same errors', () => {
  copyFileSync('scripts/smoke.mjs', join(application, 'smoke.mjs'));

  expect(String(execFileSync(process.execPath, ['smoke.mjs'], { cwd: application }))).toContain('is well');
});

test('holdfast/client imports nothing that a browser does not have', () => {
  const sources = [...builtFiles(folder, ['dist/client.js'])].map((path) => readFileSync(join(folder, path), 'utf8'));

  const specifiers = sources.join('\n').matchAll(/\b(?:from|import) ?\(?"([^"]+)"/g);

  expect([...specifiers].map(([, specifier]) => specifier)).toEqual(['./connect-feed.js']); // of Node nothing, and nothing of the runtime
});

test('nothing runs when it is installed', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

  expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
});

/** npm 10 and 11 report a list of packages, later ones a record of them by name. */
function filesOf(report: unknown): string[] {
  const [first] = Object.values(report as Record<string, { files: { path: string }[] }>);
  return (first?.files ?? []).map(({ path }) => path);
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
