/** `npm run bench`, as a process: that it works, never how fast anything is. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

function bench(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, ['--expose-gc', 'bench/main.ts', ...args]);
}

test('a quick run of one suite prints its table and writes its rows', async () => {
  const file = join(folder, 'rows.json');

  const { stdout } = await bench('--quick', '--only', 'rejection', '--json', file);

  expect(stdout).toContain('rejection while open · cockatiel');
  expect(stdout).toContain(`npm run bench -- --quick --only rejection --json ${file}`);
  const figure = expect.any(Number);
  const peer = { ns: figure, spread: figure, p99: figure, bytes: figure, ratio: {}, limit: null, stretch: null };
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([
    {
      ...peer,
      name: 'rejection while open',
      ratio: { cockatiel: figure, opossum: figure },
      limit: { ratio: { cockatiel: 0.2, opossum: 0.2 } },
      stretch: { ratio: { cockatiel: 0.125, opossum: 0.125 } },
    },
    { ...peer, name: 'rejection while open · cockatiel' },
    { ...peer, name: 'rejection while open · opossum' },
    { ...peer, name: 'rejection while open · Promise.reject()' },
    { ...peer, name: 'rejection while open · rejectSoon()' },
  ]);
});

test('a suite that does not exist ends the run with 1 and the names of those that do', async () => {
  await expect(bench('--only', 'nothing')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^bench: --only: expected a part of clock, breaker, .*, import, received "nothing"\n$/,
    ),
  });
});
