/** A rule at work: what it has found that still holds, and whether it can look at all. */
import type { AlertSeverity } from '../../core/readings.ts';
import type { Alert } from './alert.ts';
import type { Rule } from './rule.ts';
import type { AlertSample } from './sample.ts';

/** What a rule is up to, for people. */
export interface AlertRuleReading {
  readonly rule: string;
  readonly severity: AlertSeverity;
  /** `inert` for one that has nothing to look at, or whose function fails; `off` for one that was turned off. */
  readonly state: 'active' | 'inert' | 'off';
  /** Why it is inert. */
  readonly why: string | null;
  /** Null for one that compares with nothing. */
  readonly threshold: number | null;
  readonly forMs: number;
  readonly runbook: string | null;
}

export class WatchedRule {
  readonly rule: Rule;
  readonly isOff: boolean;
  /** By component. */
  readonly alerts = new Map<string, Alert>();
  /** How its function failed at the last look; null when it did not. */
  failure: string | null = null;

  constructor(rule: Rule, isOff = false) {
    this.rule = rule;
    this.isOff = isOff;
  }

  reading(sample: AlertSample): AlertRuleReading {
    const { name, severity, threshold, forMs, runbook = null } = this.rule;
    const why = this.failure ?? this.rule.lack?.(sample) ?? null;
    return {
      rule: name,
      severity,
      state: this.isOff ? 'off' : why === null ? 'active' : 'inert',
      why: this.isOff ? null : why,
      threshold: Number.isNaN(threshold) ? null : threshold,
      forMs,
      runbook,
    };
  }
}
