/**
 * `npm run bench`: runs the suites, prints the table, says what was missed.
 *
 *   --only WORD    only the suites whose name contains WORD
 *   --quick        seconds instead of minutes: to see that it works, not to learn anything
 *   --json FILE    write the rows, too
 *
 * Ends with 0 also when a target was missed: figures depend on the machine, and are read by people. Ends with 1 when
 * a suite could not be run or gave a wrong answer.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { progressBar } from './progress-bar.ts';
import { jsonOf, noteOf, tableOf } from './report.ts';
import type { Row } from './row.ts';
import { runSuite } from './run-suite.ts';
import { SUITES } from './suites.ts';

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}

/** out  whether every suite was run */
async function main(args: readonly string[]): Promise<boolean> {
  const { only, quick, json } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  }).values;
  const names = Object.keys(SUITES).filter((name) => name.includes(only));
  if (names.length === 0)
    throw new Error(`--only: expected a part of ${Object.keys(SUITES).join(', ')}, received "${only}"`);

  const bar = progressBar(process.stderr);
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const [place, name] of names.entries()) {
    bar.show(name, place / names.length);
    try {
      rows.push(...(await runSuite(name, quick, (share) => bar.show(name, (place + share) / names.length))));
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  bar.end();

  const caution = quick ? ['A quick run says whether the suites work, not how fast anything is.'] : [];
  if (rows.length > 0) console.log([...tableOf(rows), '', ...noteOf(rows), ...caution, about(args)].join('\n'));
  for (const failure of failures) console.error(`bench: ${failure}`);
  if (json !== undefined) writeFileSync(json, jsonOf(rows));
  return failures.length === 0;
}

/** A figure without its machine, date and command says nothing. */
function about(args: readonly string[]): string {
  const [first, ...rest] = cpus();
  const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
  return `Node ${process.version}, ${first?.model ?? 'unknown processor'} × ${rest.length + 1}, ${new Date().toISOString().slice(0, 10)}, ${command}`;
}
