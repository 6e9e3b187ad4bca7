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
import { fitting, isRuled, type RuledWant, ruleOf, serviceOf } from './ruled.ts';
import type { Happening, HappeningKind, Rules } from './rules.ts';
import { type Cause, causeWords } from './wants.ts';

export interface HealerParts {
  readonly recovery: Pick<Recovery, 'wanted' | 'wentAway' | 'takenBack' | 'unruled' | 'wants'>;
  readonly rules: Rules;
  /** Whether there is work to be done still. */
  readonly isOpen: () => boolean;
  /** Tell what happens in it when it is over. */
  readonly together: (work: () => void) => void;
  readonly on: <T extends EventType>(type: T, listener: (event: HoldfastEvent<T>) => void) => void;
  /** Whether there is a way to find out that a service is well. */
  readonly hasProbe: (service: string) => boolean;
  readonly probesIdle: boolean;
  /** What is so now of all that may happen. */
  readonly holding: () => readonly Happening[];
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
    return () => this.#parts.together(() => this.#ruleEnded(end));
  }

  /** What it saw follows the next rule that fits: in the task that is open where that is about the same service. */
  #ruleEnded(end: () => void): void {
    const { rules, recovery, isOpen, holding } = this.#parts;
    const ruled = recovery.wants.filter(isRuled).map((want) => ({ want, was: ruleOf(rules, want.cause) }));
    end();
    const left = ruled.filter(({ want, was }) => ruleOf(rules, want.cause) !== was);
    if (left.length === 0 || !isOpen()) return; // after the stop it is the next process's, which may have the rule again
    const now = holding();
    const moves = left.map(({ want, was }) => ({
      want,
      was,
      next: fitting(ruleOf(rules, want.cause), want.cause, now),
    }));
    const isSameTask = ({ want: { cause }, was, next }: (typeof moves)[0]): boolean =>
      serviceOf(next, cause) === serviceOf(was, cause);
    const others = moves.filter((move) => !isSameTask(move));
    for (const { want, next } of moves.filter(isSameTask)) this.#ruled(want, next);
    recovery.unruled(others.map(({ want }) => want.cause));
    for (const { want, next } of others) this.#ruled(want, next);
  }

  #ruled({ cause, order: { reason } }: RuledWant, rule: ResolvedRecoveryRule | undefined): void {
    const { kind, name } = cause;
    if (rule !== undefined) this.#want(rule.service ?? name, orderOf(rule, reason), cause);
    else if (kind === 'breaker' || kind === 'foreign') this.#probeIdle(kind, name, 'is not closed');
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
