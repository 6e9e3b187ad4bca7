/** End a supervised child as a crash would, and wait until its supervisor has it up again. For recoveries. */
import type { Tree } from '../actors/root.ts';
import type { Dispatcher } from './core/dispatcher.ts';
import { isHoldfastError } from './core/errors.ts';

/** throws  INVALID_OPTIONS for a path nobody has · STOPPED · the signal's reason */
export async function restartChild(
  tree: Pick<Tree, 'kill'>,
  dispatcher: Pick<Dispatcher, 'on'>,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const up = Promise.withResolvers<void>();
  const cut = (): void => up.reject(signal.reason);
  const end = dispatcher.on('child.started', ({ child }) => child === path && up.resolve());
  signal.addEventListener('abort', cut, { once: true });
  try {
    await tree.kill(path, new Error('restarted by a recovery')).catch((error: unknown) => {
      // One that is not up is on its way there already: its supervisor waits before it starts it again.
      if (!isHoldfastError(error) || error.code !== 'ILLEGAL_TRANSITION') throw error;
    });
    await up.promise;
  } finally {
    end();
    signal.removeEventListener('abort', cut);
  }
}
