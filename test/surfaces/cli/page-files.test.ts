import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readPage } from '../../../src/surfaces/cli/page-files.ts';

test('a built page is read once, by the paths a browser asks for, each with its type', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-page-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'assets', 'index-1.js'), '1');
  await writeFile(join(folder, 'assets', 'index-1.css'), '');
  await writeFile(join(folder, 'assets', 'index-1.js.map'), '{}');

  const page = await readPage(folder);

  expect(Object.fromEntries([...page!].map(([path, { type }]) => [path, type]))).toStrictEqual({
    '/': 'text/html; charset=utf-8',
    '/assets/index-1.css': 'text/css; charset=utf-8',
    '/assets/index-1.js': 'text/javascript; charset=utf-8',
  });
  expect(String(page!.get('/')!.body)).toBe('<!doctype html>');
});

test('a page that was never built is null', async () => {
  await expect(readPage(join(tmpdir(), 'holdfast-no-such-page'))).resolves.toBeNull();
});
