/**
 * Holds what `npm pack --json` says, read from standard input, to the list of what a user is to get: nothing stray,
 * nothing missing. One .d.ts stands for each source file, and each .js is one that an entry leads to; the page's files
 * carry a hash in their names.
 */
import { globSync, readFileSync } from 'node:fs';
import { builtFiles } from './built-files.ts';

interface Pack {
  readonly files: readonly { readonly path: string }[];
}

const DOCUMENTS = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json', 'dist/licenses.md'];
const PAGE = [
  /^dist\/page\/index\.html$/,
  /^dist\/page\/assets\/index-[\w-]{8}\.js$/,
  /^dist\/page\/assets\/charts-page-[\w-]{8}\.js$/,
  /^dist\/page\/assets\/index-[\w-]{8}\.css$/,
  /^dist\/page\/assets\/mark-[\w-]{8}\.svg$/,
];
const SOURCES = ['src/**/*.ts', 'actors/**/*.ts', 'wasm/layout.ts'];

const sources = globSync(SOURCES).filter((source) => !source.startsWith('src/surfaces/dashboard/'));
const types = sources.map((source) => `dist/${source.replace(/\.ts$/, '.d.ts')}`);
const expected = [...DOCUMENTS, ...types, ...builtFiles('.')];

/** npm 10 and 11 report a list of packages, later ones a record of them by name. */
const [pack] = Object.values(JSON.parse(readFileSync(0, 'utf8')) as Readonly<Record<string, Pack>>);
const files = pack?.files ?? [];
const packed = new Set(files.map(({ path }) => path));

const missing = expected.filter((path) => !packed.has(path));
for (const path of expected) packed.delete(path);
for (const pattern of PAGE) {
  const found = [...packed].filter((path) => pattern.test(path));
  if (found.length === 1) packed.delete(found[0]!);
  else missing.push(`one file like ${pattern.source}, not ${found.length}`);
}

for (const path of missing) console.error(`packed: expected ${path}, received none`);
for (const path of packed) console.error(`packed: expected no ${path}, received one`);
if (missing.length + packed.size > 0) process.exitCode = 1;
else console.log(`packed: ${files.length} files, each with its reason`);
