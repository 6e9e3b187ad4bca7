/** Runs one suite in a fresh process. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Row } from './row.ts';
import type { Progress } from './suite.ts';
import type { SuiteMessage } from './suite-process.ts';

const ENTRY = fileURLToPath(new URL('suite-process.ts', import.meta.url));

/** throws  when the process ended without rows; what went wrong it has said on stderr */
export function runSuite(name: string, isQuick: boolean, progress: Progress): Promise<readonly Row[]> {
  const child = fork(ENTRY, [name, isQuick ? 'quick' : 'full'], { execArgv: ['--expose-gc'] });
  return new Promise((resolve, reject) => {
    let rows: readonly Row[] | undefined;
    child.on('message', (message: SuiteMessage) => {
      if ('rows' in message) rows = message.rows;
      else progress(message.progress);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (rows !== undefined && code === 0) resolve(rows);
      else
        reject(new Error(`suite "${name}": expected rows, received the process's end (${signal ?? `code ${code}`})`));
    });
  });
}
