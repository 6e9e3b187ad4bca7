/**
 * What a user installs: every file there for a reason, none left over.
 *
 * Compiled into a folder of its own, so that it needs no build before it and sees none that is stale.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const DOCUMENTS = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
const TSC = 'node_modules/typescript/bin/tsc';

let folder: string;
let packed: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-pack-'));
  for (const document of DOCUMENTS) copyFileSync(document, join(folder, document));
  execFileSync(process.execPath, [TSC, '-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')]);
  const report = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder });
  packed = filesOf(JSON.parse(report.toString()));
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

test('the package holds its documents, and one .js and one .d.ts for each source file', () => {
  const sources = globSync(['src/**/*.ts', 'actors/**/*.ts', 'wasm/layout.ts'], {
    exclude: ['src/surfaces/dashboard/**'],
  });
  const compiled = sources.flatMap((source) => ['.js', '.d.ts'].map((end) => `dist/${source.replace(/\.ts$/, end)}`));

  expect(packed.toSorted()).toEqual([...DOCUMENTS, ...compiled].toSorted());
});

test('every file that package.json points to is in the package', () => {
  const { exports, bin, types } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;

  const targets = [exports, bin, types].flatMap(stringsIn).map((target) => target.replace(/^\.\//, ''));

  expect(targets.length).toBeGreaterThan(0);
  expect(targets.filter((target) => !packed.includes(target))).toEqual([]);
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
