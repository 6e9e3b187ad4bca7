/** Do something of the application's within so much time, and find out only whether it went well. Never rejects. */
import type { Env } from '../../core/env.ts';
import { HoldfastError } from '../../core/errors.ts';

/** What went wrong. Kept apart from `undefined`, which may be thrown too. */
export interface Failure {
  readonly error: unknown;
}

/**
 * in      outer    ends it early when it is aborted, with its reason
 *         ref      whether the process waits for it
 * out     undefined when it went well
 */
export function within(
  env: Env,
  budgetMs: number,
  outer: AbortController,
  run: (signal: AbortSignal) => unknown,
  ref = false,
): Promise<Failure | undefined> {
  const own = new AbortController();
  return new Promise((resolve) => {
    const end = (failure: Failure | undefined): void => {
      env.clearTimer(timer);
      outer.signal.removeEventListener('abort', cut);
      resolve(failure);
    };
    const stop = (error: unknown): void => {
      own.abort(error);
      end({ error });
    };
    const cut = (): void => stop(outer.signal.reason);
    const timer = env.setTimer(() => stop(tooLate(budgetMs)), budgetMs, ref);
    outer.signal.addEventListener('abort', cut, { once: true });
    const start = async (): Promise<void> => void (await run(own.signal));
    if (outer.signal.aborted) cut();
    else
      start().then(
        () => end(undefined),
        (error: unknown) => end({ error }),
      );
  });
}

function tooLate(budgetMs: number): HoldfastError {
  return new HoldfastError('TIMEOUT', `expected an end within ${budgetMs} ms, received none`, {});
}
