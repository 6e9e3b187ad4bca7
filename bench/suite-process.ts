/**
 * The entry of a suite's own process: what one suite did to the engine's inline caches and heap, no other suffers.
 *
 * Started by `run-suite.ts` with the suite's name and `full` or `quick`; answers over the channel it was started with.
 */
import type { Row } from './row.ts';
import { FULL, QUICK } from './plan.ts';
import { SUITES } from './suites.ts';

export type SuiteMessage = { readonly progress: number } | { readonly rows: readonly Row[] };

const [name = '', length] = process.argv.slice(2);
process.once('disconnect', () => process.exit(1)); // nobody is left to tell

const load = SUITES[name];
if (load === undefined)
  throw new Error(`bench: expected a suite of ${Object.keys(SUITES).join(', ')}, received "${name}"`);
const suite = await load();
const rows = await suite.run(length === 'quick' ? QUICK : FULL, (progress) => void tell({ progress }));
await tell({ rows });
process.exit(0); // a peer's timers may still be running

function tell(message: SuiteMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}
