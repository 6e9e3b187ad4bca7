/** A recovery task's states and the events that move it; its chart is `actors/recovery.machine.ts`. */

export const RECOVERY_STATES = [
  'idle',
  'scheduled',
  'inProgress',
  'succeeded',
  'failed',
  'cancelled',
  'awaitingManual',
] as const;
export type RecoveryState = (typeof RECOVERY_STATES)[number];

/**
 * schedule   somebody wants the service recovered
 * begin      an attempt starts
 * succeed    it was verified: the service is well
 * retry      it failed, and there is another one
 * fail       it failed, and that was the last one
 * hold       a person must decide
 * approve    a person did
 * heal       what it was scheduled for went away by itself
 */
export const RECOVERY_EVENTS = [
  'schedule',
  'begin',
  'succeed',
  'retry',
  'fail',
  'hold',
  'approve',
  'cancel',
  'heal',
] as const;
export type RecoveryEvent = (typeof RECOVERY_EVENTS)[number];

export const RECOVERY_STRATEGIES = ['immediate', 'linear', 'exponential', 'manual'] as const;
export type RecoveryStrategy = (typeof RECOVERY_STRATEGIES)[number];
