/**
 * What a supervisor does about an exit: whether the child comes back, and who goes and comes with it. Pure; the tables
 * are those of OTP's `supervisor`.
 */
export const RESTARTS = ['permanent', 'transient', 'temporary'] as const;
export type Restart = (typeof RESTARTS)[number];

export const STRATEGIES = ['oneForOne', 'oneForAll', 'restForOne', 'simpleOneForOne'] as const;
export type Strategy = (typeof STRATEGIES)[number];

export type ExitReason = 'normal' | 'shutdown' | 'error';

/** `keep` leaves the spec in its place, so that it can be started by hand or with its group; `remove` forgets it. */
export type Consequence = 'restart' | 'keep' | 'remove';

const AFTER_EXIT: Readonly<Record<Restart, Readonly<Record<ExitReason, Consequence>>>> = {
  permanent: { normal: 'restart', shutdown: 'restart', error: 'restart' },
  transient: { normal: 'keep', shutdown: 'keep', error: 'restart' },
  temporary: { normal: 'remove', shutdown: 'remove', error: 'remove' },
};

export function afterExit(restart: Restart, reason: ExitReason): Consequence {
  return AFTER_EXIT[restart][reason];
}

/** Whether a restart concerns one child only. Then nothing has to be ordered, and it costs O(1). */
export function isAlone(strategy: Strategy): boolean {
  return strategy === 'oneForOne' || strategy === 'simpleOneForOne';
}

interface Member {
  readonly spec: { readonly restart: Restart };
}

/**
 * Who is stopped and started because `failed` is restarted.
 *
 * in      children   all of them, in start order
 * out     stop       in the order to stop them, without `failed`, which is down;   start   in the order to start them
 * shape   a, b, c, d and b failed:   oneForOne   stop –         start b
 *                                    restForOne  stop d, c      start b, c, d
 *                                    oneForAll   stop d, c, a   start a, b, c, d
 *         temporary children are stopped with their group and not started again
 */
export function restartGroup<M extends Member>(
  strategy: Strategy,
  children: readonly M[],
  failed: M,
): { readonly stop: readonly M[]; readonly start: readonly M[] } {
  if (isAlone(strategy)) return { stop: [], start: [failed] };
  const group = strategy === 'oneForAll' ? children : children.slice(children.indexOf(failed));
  return {
    stop: group.filter((child) => child !== failed).toReversed(),
    start: group.filter((child) => child === failed || child.spec.restart !== 'temporary'),
  };
}
