/**
 * A clean end when the system asks for one. Opt-in: the library listens to no signal of its own accord, because the
 * process is the application's.
 *
 * It never returns to the application: what has to be done before the end belongs into a part of the runtime, see
 * `runtime.supervise`.
 */
import { constants } from 'node:os';
import { parseOptions } from './core/schema.ts';
import type { Runtime } from './runtime.ts';
import { type SignalHandlersOptions, signalHandlersOptions } from './stop-options.ts';

/** What a shell reports for a program that a signal ended: so much and the signal's number. */
const BY_SIGNAL = 128;

/**
 * From now on the first signal stops the runtime, with calls under way waited for, and ends the process; another one
 * ends it at once. A stop that fails ends it as any unhandled rejection does.
 *
 * in      runtime   or anything that stops several of them
 * out     takes the handlers away again
 * throws  INVALID_OPTIONS
 */
export function installSignalHandlers(runtime: Pick<Runtime, 'stop'>, options: SignalHandlersOptions = {}): () => void {
  const { drainMs, signals } = parseOptions(signalHandlersOptions, options, 'installSignalHandlers');
  let isEnding = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    const end = (): never => process.exit(BY_SIGNAL + constants.signals[signal]);
    if (isEnding) return end();
    isEnding = true;
    void runtime.stop({ drainMs }).then(end);
  };
  for (const signal of new Set(signals)) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
}
