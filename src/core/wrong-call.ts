/** Whether a call cannot even begin. Such a call is no outcome, and is counted nowhere. */
import type { CallOptions } from './call.ts';
import { type HoldfastError, invalidOptions, type InvalidOptionsError } from './errors.ts';
import type { Intake } from './intake.ts';

export function wrongCall(
  name: string,
  intake: Intake,
  fn: unknown,
  options: CallOptions | undefined,
): HoldfastError | InvalidOptionsError | undefined {
  if (!intake.isOpen) return intake.stopped(`"${name}" execute`);
  if (typeof fn !== 'function') return invalidOptions(`"${name}" execute`, 'a function', fn);
  const signal: unknown = options?.signal;
  if (signal === undefined || typeof (signal as AbortSignal | null)?.addEventListener === 'function') return undefined;
  return invalidOptions(`"${name}" execute options.signal`, 'an AbortSignal', signal);
}
