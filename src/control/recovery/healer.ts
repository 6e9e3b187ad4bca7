/**
 * Schedules recoveries by itself: a breaker opens, a check turns unhealthy, a signal is raised, a supervisor gives up;
 * and says when what it scheduled one for has gone away.
 *
 * Without a rule that fits, an open breaker that has a probe is probed once its opening is over: nobody may be calling
 * it, and it would stay open for ever (spec, "Health"). When that is, a breaker of another library does not say: it is
 * probed by growing delays.
 */
import type { BreakerState } from '../../core/breaker-state.ts';
import type { EventType, HoldfastEvent } from '../../core/events.ts';
import { type Order, PROBE_IDLE, type ResolvedRecoveryRule } from './options.ts';
import type { Recovery } from './recovery.ts';
import type { HappeningKind, Rules } from './rules.ts';
import { type Cause, causeWords } from './wants.ts';

export interface HealerParts {
  readonly recovery: Pick<Recovery, 'wanted' | 'wentAway' | 'takenBack' | 'unruled' | 'wants'>;
  readonly rules: Rules;
  readonly on: <T extends EventType>(type: T, listener: (event: HoldfastEvent<T>) => void) => void;
  /** Whether there is a way to find out that a service is well. */
  readonly hasProbe: (service: string) => boolean;
  readonly probesIdle: boolean;
  /** What is so now of all that may happen. */
  readonly holding: () => readonly Happening[];
}

export interface Happening {
  readonly kind: HappeningKind;
  readonly name: string;
  /** In words, after its name: `is unhealthy`. */
  readonly how: string;
  /** Of a signal. */
  readonly severity?: number;
}

/** Ours, or one of another library. */
type BreakerKind = 'breaker' | 'foreign';

export class Healer {
  readonly #parts: HealerParts;

  constructor(parts: HealerParts) {
    this.#parts = parts;
    // One of another library that is forced open is so by a person's will, as one of ours is.
    parts.on('foreign.changed', ({ breaker, to }) => {
      if (to === 'closed') this.#wentAway('foreign', breaker);
      else if (to === 'forcedOpen') this.#takenBack('foreign', breaker, 'was forced open');
      else if (to === 'open') this.#happened('foreign', breaker, 'opened');
    });
    parts.on('check.changed', ({ check, to }) => {
      if (to === 'unhealthy') this.#happened('check', check, 'is unhealthy');
      else if (to === 'healthy') this.#wentAway('check', check);
    });
    parts.on('signal.raised', ({ signal, severity }) => {
      const rule = parts.rules.find('signal', signal);
      if (rule === undefined) return;
      if (severity >= rule.severity) this.#happened('signal', signal, raisedAt(severity));
      else this.#wentAway('signal', signal);
    });
    // One that has only expired is no evidence of anything.
    parts.on('signal.ended', ({ signal, why }) => {
      if (why === 'signalled') this.#wentAway('signal', signal);
    });
    parts.on('supervisor.escalated', ({ child }) => this.#happened('supervisor', child, 'gave up'));
  }

  /**
   * A named breaker changed its state. One that a person opened follows no rule, but it, too, is probed when its opening
   * is over; who wants it to stay open forces it. Never throws.
   */
  breakerMoved(breaker: string, to: BreakerState, rule: string): void {
    if (to === 'closed') this.#wentAway('breaker', breaker);
    else if (to === 'forcedOpen') this.#takenBack('breaker', breaker, 'was forced open');
    else if (to === 'open' && rule === 'manual') this.#probeIdle('breaker', breaker, 'opened by hand');
    else if (to === 'open') this.#happened('breaker', breaker, `opened by ${rule}`);
  }

  /** There is a way now to find out whether the service of a breaker is well. Never throws. */
  probeGiven(kind: BreakerKind, breaker: string, state: BreakerState | null | undefined): void {
    if (state === 'open' || state === 'halfOpen') this.#probeIdle(kind, breaker, `is ${state}`);
  }

  /**
   * Have a rule added; what it is about may be so already. out  ends it: what it saw follows the next that fits, or none
   *
   * throws  what `add` throws
   */
  ruleAdded(add: () => () => void): () => void {
    const { rules, holding } = this.#parts;
    const unruled = holding().filter(({ kind, name }) => rules.find(kind, name) === undefined);
    const end = add();
    for (const { kind, name, how, severity = Infinity } of unruled) {
      const rule = rules.find(kind, name);
      if (rule !== undefined && severity >= rule.severity) this.#happened(kind, name, how);
    }
    return () => this.#ruleEnded(end);
  }

  #ruleEnded(end: () => void): void {
    const { rules, recovery, holding } = this.#parts;
    const ruled = recovery.wants.flatMap(({ cause: { kind, name }, order, isDefault }) =>
      kind === 'call' || isDefault ? [] : [{ kind, name, reason: order.reason, rule: rules.find(kind, name) }],
    );
    end();
    const isHurting = (rule: ResolvedRecoveryRule, signal: string): boolean =>
      holding().every(
        ({ kind, name, severity = Infinity }) => kind !== 'signal' || name !== signal || severity >= rule.severity,
      );
    for (const { kind, name, reason, rule: before } of ruled) {
      const rule = rules.find(kind, name);
      if (rule === before) continue;
      const isRuled = rule !== undefined && (kind !== 'signal' || isHurting(rule, name));
      if (!isRuled || (rule.service ?? name) !== (before?.service ?? name)) recovery.unruled({ kind, name });
      if (isRuled) this.#want(rule.service ?? name, orderOf(rule, reason), { kind, name });
      else if (kind === 'breaker' || kind === 'foreign') this.#probeIdle(kind, name, 'is not closed');
    }
  }

  #happened(kind: HappeningKind, name: string, how: string): void {
    const rule = this.#parts.rules.find(kind, name);
    if (rule !== undefined)
      this.#want(rule.service ?? name, orderOf(rule, `${causeWords({ kind, name })} ${how}`), { kind, name });
    else if (kind === 'breaker' || kind === 'foreign') this.#probeIdle(kind, name, how);
  }

  /** Nobody may be calling it: it would stay as it is for ever. */
  #probeIdle(kind: BreakerKind, breaker: string, how: string): void {
    const { probesIdle, hasProbe } = this.#parts;
    if (!probesIdle || !hasProbe(breaker)) return;
    const order = { ...PROBE_IDLE, reason: `${causeWords({ kind, name: breaker })} ${how}` };
    this.#want(breaker, order, { kind, name: breaker }, true);
  }

  #want(service: string, order: Order, cause: Cause, isDefault = false): void {
    this.#parts.recovery.wanted(service, { order, cause, isDefault });
  }

  /** What may happen to it is not looked at any more: a check, or a breaker of another library. Never throws. */
  sourceEnded(kind: 'check' | 'foreign', name: string): void {
    this.#takenBack(kind, name, 'is there no more');
  }

  #takenBack(kind: HappeningKind, name: string, why: string): void {
    this.#parts.recovery.takenBack({ kind, name }, why);
  }

  #wentAway(kind: HappeningKind, name: string): void {
    this.#parts.recovery.wentAway({ kind, name });
  }
}

function orderOf({ strategy, priority, policy, steps }: ResolvedRecoveryRule, reason: string): Order {
  return { strategy, priority, reason, policy, steps };
}

export function raisedAt(severity: number): string {
  return `was raised at ${severity}`;
}
