/** README and DESIGN are executed: each ```ts block runs, and prints what the document says it prints. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { withTables } from '../../scripts/options-tables.ts';

const ENTRIES: Readonly<Record<string, string>> = {
  holdfast: 'src/index.ts',
  'holdfast/feed': 'src/surfaces/feed/serve-feed.ts',
  'holdfast/client': 'src/surfaces/client/connect-feed.ts',
  'holdfast/fetch': 'src/surfaces/fetch/create-fetch.ts',
  'holdfast/testing': 'src/testing/index.ts',
};
const FOLDER = 'build/documents';

interface Program {
  readonly title: string;
  readonly code: string;
  readonly prints: string;
}

/** A ```ts block and the ```text block that follows it after the word "prints". */
function programsOf(file: string): Program[] {
  const blocks = readFileSync(file, 'utf8').matchAll(/```ts\n(.*?)```(?:\n\nprints\n\n```text\n(.*?)```)?/gs);
  return [...blocks].map(([, code = '', prints = ''], index) => ({
    title: `${file} program ${index + 1}`,
    code,
    prints,
  }));
}

async function run({ title, code }: Program): Promise<string> {
  const resolved = code.replaceAll(/from '(holdfast[^']*)'/g, (_, name: string) => `from '../../${ENTRIES[name]}'`);
  const file = `${FOLDER}/${title.replaceAll(/\W+/g, '-')}.ts`;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, resolved);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 15_000 });
  return stdout;
}

test.each([...programsOf('README.md'), ...programsOf('DESIGN.md')])(
  '$title prints what is written below it, and ends by itself',
  async (program) => {
    expect(await run(program)).toBe(program.prints);
  },
);

test('README begins with a program of a dozen statements and what it prints', () => {
  const [first] = programsOf('README.md');

  expect(first!.code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(13);
  expect(first!.prints).not.toBe('');
});

test("DESIGN's byte map is the one in wasm/layout.ts", () => {
  const drawing = readFileSync('wasm/layout.ts', 'utf8')
    .split('\n')
    .filter((line) => /^ \* +(\d+ )?[┌│├└]/.test(line))
    .map((line) => line.slice(3).trimEnd())
    .join('\n');

  expect(drawing).not.toBe('');
  expect(readFileSync('DESIGN.md', 'utf8')).toContain(drawing);
});

test('the tables of options are what the schemas say: npm run docs', () => {
  const readme = readFileSync('README.md', 'utf8');

  expect(readme).toBe(withTables(readme));
});
