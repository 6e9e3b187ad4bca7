/** What came of all recoveries, in numbers, and the last 256 of them. */
import type { RecoveryState } from '../../core/recovery-state.ts';

const REMEMBERED = 256;

export type RecoveryResult = 'succeeded' | 'failed' | 'cancelled';

export interface EndedRecovery {
  readonly task: string;
  readonly service: string;
  readonly result: RecoveryResult;
  readonly attempts: number;
  readonly durationMs: number;
  readonly reason: string;
  readonly endedAtMs: number;
}

/** At every instant: scheduled = waiting + inProgress + ended, and ended = succeeded + failed + cancelled. */
export interface RecoveryStatistics {
  readonly scheduled: number;
  /** For their next attempt or for a person. */
  readonly waiting: number;
  readonly inProgress: number;
  readonly ended: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Of those that wait: for a person. */
  readonly awaitingManual: number;
  /** Wanted again while the service's task was still open: they joined it. */
  readonly joined: number;
  /** Wanted by a rule or a failed call, and not scheduled at once: there was no room, or the runtime was stopped. */
  readonly refused: number;
  /** Services that are being recovered, or wait for it: tasks that have not ended. */
  readonly openIncidents: number;
  /** Functions of attempts that are over, and that still run. */
  readonly zombies: number;
  readonly attempts: number;
  readonly failedAttempts: number;
  /** Times people were asked for: by a step, or because the attempts were used up. */
  readonly escalations: number;
  /** Succeeded among those that succeeded or failed; null before the first. */
  readonly successRate: number | null;
  /** From being scheduled to success; null before the first. */
  readonly meanTimeToRecoveryMs: number | null;
}

export class Statistics {
  scheduled = 0;
  joined = 0;
  refused = 0;
  attempts = 0;
  failedAttempts = 0;
  escalations = 0;
  readonly #ended: Record<RecoveryResult, number> = { succeeded: 0, failed: 0, cancelled: 0 };
  #recoveredMs = 0;
  readonly #history: EndedRecovery[] = [];

  ended(recovery: EndedRecovery): void {
    this.#ended[recovery.result]++;
    if (recovery.result === 'succeeded') this.#recoveredMs += recovery.durationMs;
    if (this.#history.push(Object.freeze(recovery)) > REMEMBERED) this.#history.shift();
  }

  /** The last 256 that ended, the oldest first. */
  history(): readonly EndedRecovery[] {
    return this.#history.slice();
  }

  /** in  states   of all tasks there are;   zombies   of all of them */
  reading(states: Iterable<RecoveryState>, zombies: number): RecoveryStatistics {
    let [scheduled, inProgress, awaitingManual] = [0, 0, 0];
    for (const state of states) {
      if (state === 'scheduled') scheduled++;
      if (state === 'inProgress') inProgress++;
      if (state === 'awaitingManual') awaitingManual++;
    }
    const { succeeded, failed, cancelled } = this.#ended;
    return {
      scheduled: this.scheduled,
      waiting: scheduled + awaitingManual,
      inProgress,
      ended: succeeded + failed + cancelled,
      succeeded,
      failed,
      cancelled,
      awaitingManual,
      joined: this.joined,
      refused: this.refused,
      openIncidents: scheduled + inProgress + awaitingManual,
      zombies,
      attempts: this.attempts,
      failedAttempts: this.failedAttempts,
      escalations: this.escalations,
      successRate: succeeded + failed === 0 ? null : succeeded / (succeeded + failed),
      meanTimeToRecoveryMs: succeeded === 0 ? null : this.#recoveredMs / succeeded,
    };
  }
}
