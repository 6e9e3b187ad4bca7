/**
 * Importing the package takes at most 80 ms in a fresh process. What is measured is what is published: built, and
 * imported by its name.
 */
import { execFile } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rowFor } from '../row-for.ts';
import type { Suite } from '../suite.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** An application. Git-ignored, and inside the checkout, where the package's dependencies are found. */
const APPLICATION = `${ROOT}build/bench`;
const INSTALLED = `${APPLICATION}/node_modules/holdfast`;

const MEASURE = `
  const from = performance.now();
  const { createRuntime } = await import('holdfast');
  const tookMs = performance.now() - from;
  if (typeof createRuntime !== 'function') throw new Error('expected createRuntime, received ' + typeof createRuntime);
  console.log(tookMs);
`;

export const importSuite: Suite = {
  async run(plan, progress) {
    await install();
    const times: number[] = [];
    for (let repeat = 0; repeat <= plan.repeats; repeat++) {
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', MEASURE], {
        cwd: APPLICATION,
      });
      if (repeat > 0) times.push(Number(stdout) * 1e6); // the first fills the disk's cache
      progress(repeat / plan.repeats);
    }
    return [rowFor('importing the package', { times })];
  },
};

async function install(): Promise<void> {
  const vite = fileURLToPath(import.meta.resolve('vite/package.json')).replace('package.json', 'bin/vite.js');
  const options = ['--config', 'vite.package.config.ts', '--logLevel', 'warn'];
  await run(process.execPath, [vite, 'build', ...options, '--outDir', `${INSTALLED}/dist`, '--emptyOutDir'], {
    cwd: ROOT,
  });
  // Without one of its own it would be a part of the checkout, and 'holdfast' the checkout's dist.
  await writeFile(`${APPLICATION}/package.json`, '{ "private": true }');
  await copyFile(`${ROOT}package.json`, `${INSTALLED}/package.json`);
}
