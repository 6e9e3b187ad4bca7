/** A step: tell people, with the event `recovery.escalated`. Channels are names; who listens knows them. */
import { integer, parseOptions, type z } from '../../../core/schema.ts';
import { escalation } from '../options.ts';
import type { RecoveryStep } from '../step.ts';

const escalateOptions = escalation.partial({ message: true }).extend({
  /** The attempt from which on they are told. */
  fromAttempt: integer(1, 1_000).default(1),
});

/** throws  INVALID_OPTIONS */
export function escalate(options: z.input<typeof escalateOptions>): RecoveryStep {
  const { channels, message, fromAttempt } = parseOptions(escalateOptions, options, 'step.escalate');
  return {
    name: 'escalate',
    run: ({ service, attempt, reason, escalate: tell }) => {
      if (attempt >= fromAttempt)
        tell({ channels, message: message ?? `${service}: recovery attempt ${attempt} (${reason})` });
    },
  };
}
