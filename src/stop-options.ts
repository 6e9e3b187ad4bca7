/** How a runtime is stopped, by the application or by a signal. */
import { group, milliseconds, z } from './core/schema.ts';

export const stopOptions = group({
  /** How long to wait for the calls of pipelines that are under way, at most. */
  drainMs: milliseconds(0, 600_000).default(0),
});

export type StopOptions = z.input<typeof stopOptions>;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK'] as const;
const SOME = `an array of ${SIGNALS.join(', ')}`;

export const signalHandlersOptions = group({
  /** How long to wait for the calls of pipelines that are under way, at most. */
  drainMs: milliseconds(0, 600_000).default(10_000),
  /** What asks for the end. */
  signals: z
    .array(z.enum(SIGNALS, { error: SOME }), { error: SOME })
    .min(1, { error: SOME })
    .default(['SIGINT', 'SIGTERM']),
});

export type SignalHandlersOptions = z.input<typeof signalHandlersOptions>;
