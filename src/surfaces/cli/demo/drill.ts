/**
 * The demo kills one of its own: the pool of worker threads that adds up the metering, in the middle of the traffic.
 *
 * Its supervisor starts it anew, the page shows it, and not one record may be missing in the end.
 */
import type { Runtime } from '../../../index.ts';

const PATH = 'root/compute/pool';
/** After the mortal upstream's first death and recovery: one thing to look at at a time. */
const FIRST_MS = 11_000;
const REPEATS_EVERY_MS = 30_000;

/** out  ends it */
export function startDrill(runtime: Runtime): () => void {
  const { env } = runtime;
  let timer = env.setTimer(kill, FIRST_MS, false);

  function kill(): void {
    timer = env.setTimer(kill, REPEATS_EVERY_MS, false);
    const manual = { by: 'demo', reason: 'a drill, to show that nothing is lost' };
    runtime.supervisor.kill(PATH, manual).catch(() => {}); // it is down already: drill enough
  }

  return () => env.clearTimer(timer);
}
