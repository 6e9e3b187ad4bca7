/** Importing the package takes at most 80 ms in a fresh process. What is measured is what is published: compiled. */
import { execFile } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { rowFor } from '../row-for.ts';
import type { Suite } from '../suite.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Git-ignored, and inside the checkout, where the dependencies are found. */
const OUT = `${ROOT}build/bench`;

const MEASURE = `
  const from = performance.now();
  const { createRuntime } = await import(process.argv[1]);
  const tookMs = performance.now() - from;
  if (typeof createRuntime !== 'function') throw new Error('expected createRuntime, received ' + typeof createRuntime);
  console.log(tookMs);
`;

export const importSuite: Suite = {
  async run(plan, progress) {
    const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace('package.json', 'bin/tsc');
    await run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', OUT, '--declaration', 'false'], {
      cwd: ROOT,
    });
    const entry = pathToFileURL(`${OUT}/src/index.js`).href;
    const times: number[] = [];
    for (let repeat = 0; repeat <= plan.repeats; repeat++) {
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', MEASURE, entry]);
      if (repeat > 0) times.push(Number(stdout) * 1e6); // the first fills the disk's cache
      progress(repeat / plan.repeats);
    }
    return [rowFor('importing the package', { times })];
  },
};
