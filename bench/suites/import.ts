/**
 * Importing the package takes at most 80 ms in a fresh process. What is measured is what is published: built, and
 * imported by its name. Beside it zod alone, as it comes from the registry: what a machine makes of a module that
 * everybody knows, which was 41 ms where the limit was set.
 */
import { execFile } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { quantile } from '../quantile.ts';
import { rowFor } from '../row-for.ts';
import type { Suite } from '../suite.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** An application. Git-ignored, and inside the checkout, where the package's dependencies are found. */
const APPLICATION = `${ROOT}build/bench`;
const INSTALLED = `${APPLICATION}/node_modules/holdfast`;

const measure = (name: string, exported: string): string => `
  const from = performance.now();
  const { ${exported} } = await import('${name}');
  const tookMs = performance.now() - from;
  if (${exported} === undefined) throw new Error('expected ${exported} of ${name}, received none');
  console.log(tookMs);
`;
const OURS = measure('holdfast', 'createRuntime');
const ZOD = measure('zod', 'z');

export const importSuite: Suite = {
  async run(plan, progress) {
    await install();
    const times: number[] = [];
    const ratios: number[] = [];
    for (let repeat = 0; repeat <= plan.repeats; repeat++) {
      const [ours, theirs] = [await timeOf(OURS), await timeOf(ZOD)];
      if (repeat > 0) {
        times.push(ours * 1e6); // the first fills the disk's cache
        ratios.push(ours / theirs);
      }
      progress(repeat / plan.repeats);
    }
    return [rowFor('importing the package', { times, ratio: { 'zod alone': quantile(ratios, 0.5) } })];
  },
};

/** In milliseconds, in a fresh process. */
async function timeOf(program: string): Promise<number> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: APPLICATION });
  return Number(stdout);
}

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
