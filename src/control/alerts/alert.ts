/** One alert: what was found, since when, and who knows of it. Its keeper, `alerts.ts`, is who writes it. */
import { stepAlert } from '../../../actors/step-alert.ts';
import type { AlertEvent, AlertState } from '../../core/alert-state.ts';
import { HoldfastError } from '../../core/errors.ts';
import type { AlertReading } from '../../core/readings.ts';
import type { Rule } from './rule.ts';

/** Longer than this in a row nobody goes on believing what nobody can see. */
const LONGEST_DOUBT_MS = 60_000;

export class Alert {
  readonly id: string;
  readonly rule: Rule;
  readonly component: string;
  state: AlertState = 'pending';
  message: string;
  /** What it found says whom to tell. */
  readonly channels: readonly string[] | undefined;
  readonly sinceMs: number;
  /** The last moment its condition held. */
  heldAtMs: number;
  /** Until then an end cannot be seen: what its rule looks back on began before this process did. */
  unknownUntilMs = -Infinity;
  /** Of the time since it began, that in which nobody could say whether it held. */
  doubtedMs = 0;
  #isInDoubt = false;
  raisedAtMs: number | null = null;
  resolvedAtMs: number | null = null;
  acknowledgedBy: string | null = null;
  /** When the time to the first step of the escalation began to run. */
  escalatesFromMs = Infinity;
  escalations = 0;
  /** The channels that were told of it: the ones to tell of its end. */
  readonly told = new Set<string>();
  /** Those of them that have not taken it yet. */
  readonly underway = new Set<string>();
  /** The channels that an earlier process told of it, and did not live to know whether they heard. */
  readonly uncertain = new Set<string>();
  /** The channels that had no place left for what they should have been told. */
  readonly heldBack = new Set<string>();

  constructor(
    id: string,
    rule: Rule,
    found: { readonly component: string; readonly message: string; readonly channels?: readonly string[] | undefined },
    nowMs: number,
  ) {
    this.id = id;
    this.rule = rule;
    this.component = found.component;
    this.message = found.message;
    this.channels = found.channels;
    this.sinceMs = nowMs;
    this.heldAtMs = nowMs;
  }

  /** The chart's word. throws  ILLEGAL_TRANSITION where it knows no such edge */
  move(event: AlertEvent): void {
    const to = stepAlert(this.state, event);
    if (to === undefined) throw illegal(this.id, this.state);
    this.state = to;
  }

  held(nowMs: number): void {
    if (this.#isInDoubt) this.doubtedMs += nowMs - this.heldAtMs;
    this.#isInDoubt = false;
    this.heldAtMs = nowMs;
  }

  /** For how long its condition is known to be gone; not above 0 while it holds, or may hold unseen. */
  calmForMs(nowMs: number): number {
    return nowMs - Math.max(this.heldAtMs, this.unknownUntilMs);
  }

  /** Nobody can say whether it holds. out  whether it may stay as it is: neither nearer to firing, nor to its end */
  mayStay(nowMs: number): boolean {
    this.#isInDoubt = nowMs - this.heldAtMs <= LONGEST_DOUBT_MS;
    return this.#isInDoubt;
  }

  /** in  startedAt   when the runtime began: the reading's instants are from there */
  reading(startedAt: number): AlertReading {
    const { rule, raisedAtMs, resolvedAtMs } = this;
    return {
      alert: this.id,
      rule: rule.name,
      severity: rule.severity,
      component: this.component,
      state: this.state,
      message: this.message,
      runbook: rule.runbook ?? null,
      sinceMs: this.sinceMs - startedAt,
      raisedAtMs: raisedAtMs === null ? null : raisedAtMs - startedAt,
      resolvedAtMs: resolvedAtMs === null ? null : resolvedAtMs - startedAt,
      acknowledgedBy: this.acknowledgedBy,
      escalations: this.escalations,
    };
  }
}

export function illegal(id: string, state: string): HoldfastError {
  const component = `alert ${id}`;
  const message = `${component}: expected one that fires or is silenced, found it ${state}`;
  return new HoldfastError('ILLEGAL_TRANSITION', message, { component });
}
