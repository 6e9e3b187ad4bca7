/**
 * Schedules recoveries by itself: a breaker opens, a check turns unhealthy, a signal is raised, a supervisor gives up;
 * and says when what it scheduled one for has gone away.
 *
 * Without a rule that fits, an open breaker that has a probe is probed once its opening is over: nobody may be calling
 * it, and it would stay open for ever (spec, "Health").
 */
import type { BreakerState } from '../../core/breaker-state.ts';
import type { EventType, HoldfastEvent } from '../../core/events.ts';
import type { Order, ResolvedRecoveryRule } from './options.ts';
import type { Recovery } from './recovery.ts';
import type { HappeningKind, Rules } from './rules.ts';

export interface HealerParts {
  readonly recovery: Pick<Recovery, 'wanted' | 'wentAway'>;
  readonly rules: Rules;
  readonly on: <T extends EventType>(type: T, listener: (event: HoldfastEvent<T>) => void) => void;
  /** Whether there is a way to find out that a service is well. */
  readonly hasProbe: (service: string) => boolean;
  readonly probesIdle: boolean;
}

const PROBE_IDLE = { strategy: 'exponential', priority: 5 } as const;

export class Healer {
  readonly #parts: HealerParts;

  constructor(parts: HealerParts) {
    this.#parts = parts;
    parts.on('check.changed', ({ check, to }) => {
      if (to === 'unhealthy') this.#happened('check', check, 'is unhealthy');
      else if (to === 'healthy') this.#wentAway('check', check);
    });
    parts.on('signal.raised', ({ signal, severity }) => {
      const rule = parts.rules.find('signal', signal);
      if (rule === undefined) return;
      if (severity >= rule.severity) this.#happened('signal', signal, `was raised at ${severity}`);
      else this.#wentAway('signal', signal);
    });
    // One that has only expired is no evidence of anything.
    parts.on('signal.ended', ({ signal, why }) => {
      if (why === 'signalled') this.#wentAway('signal', signal);
    });
    parts.on('supervisor.escalated', ({ child }) => this.#happened('supervisor', child, 'gave up'));
  }

  /** A named breaker changed its state. What a person did is not undone. Never throws. */
  breakerMoved(breaker: string, to: BreakerState, rule: string): void {
    if (to === 'closed') return this.#wentAway('breaker', breaker);
    if (to === 'open' && rule !== 'manual') this.#happened('breaker', breaker, `opened by ${rule}`);
  }

  #happened(kind: HappeningKind, name: string, how: string): void {
    const rule = this.#parts.rules.find(kind, name);
    if (rule === undefined && !this.#isProbedIdle(kind, name)) return;
    const service = rule?.service ?? name;
    this.#parts.recovery.wanted(service, orderOf(rule, `${kind} "${name.slice(0, 128)}" ${how}`), { kind, name });
  }

  #wentAway(kind: HappeningKind, name: string): void {
    this.#parts.recovery.wentAway({ kind, name });
  }

  #isProbedIdle(kind: HappeningKind, name: string): boolean {
    return kind === 'breaker' && this.#parts.probesIdle && this.#parts.hasProbe(name);
  }
}

function orderOf(rule: ResolvedRecoveryRule | undefined, reason: string): Order {
  if (rule === undefined) return { ...PROBE_IDLE, reason };
  const { strategy, priority, policy, steps } = rule;
  return { strategy, priority, reason, policy, steps };
}
