/** What a channel is told. Plain data, JSON-safe; everything needed to understand it is in it. */
import type { AlertSeverity } from '../../core/readings.ts';

/** `test` is what `runtime.alerts.test` sends: nothing is wrong. */
export type NoticeKind = 'raised' | 'escalated' | 'acknowledged' | 'resolved' | 'test';

export interface AlertNotice {
  /** Of this notice: a delivery that is repeated has the same one. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly alert: string;
  /** The same whenever this rule finds the same component: what the other side knows the incident by. */
  readonly key: string;
  readonly rule: string;
  readonly severity: AlertSeverity;
  readonly component: string;
  readonly message: string;
  readonly runbook?: string;
  /** The person who acknowledged it. */
  readonly by?: string;
  /** How long it fired; only of one that is resolved. */
  readonly durationMs?: number;
  /** Notices that were not sent before this one, because there were too many in a minute. */
  readonly suppressed?: number;
  readonly runtime: string;
  readonly policyHash: string;
  readonly wallMs: number;
}
