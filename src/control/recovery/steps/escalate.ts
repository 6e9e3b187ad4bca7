/** A step: tell people, with the event `recovery.escalated`. Channels are names; who listens knows them. */
import type { RecoveryStep } from '../step.ts';

export interface EscalateOptions {
  readonly channels: readonly string[];
  readonly message?: string;
  /** The attempt from which on they are told. Default: the first. */
  readonly fromAttempt?: number;
}

export function escalate({ channels, message, fromAttempt = 1 }: EscalateOptions): RecoveryStep {
  const named = Object.freeze(Array.from(channels));
  return {
    name: 'escalate',
    run: ({ service, attempt, reason, escalate: tell }) => {
      if (attempt >= fromAttempt)
        tell({ channels: named, message: message ?? `${service}: recovery attempt ${attempt} (${reason})` });
    },
  };
}
