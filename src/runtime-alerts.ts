/** What an application may do with alerts: hear of them, answer them, and say what else is worth one. */
import type { SilenceOptions } from './control/alerts/options.ts';
import type { AlertRule } from './control/alerts/rule-options.ts';
import type { AlertRuleReading } from './control/alerts/watched-rule.ts';
import type { AlertReading } from './core/readings.ts';

export interface RuntimeAlerts {
  /** The last 64 that are over, then those that hold; of both the oldest first. */
  list(): readonly AlertReading[];
  /** Say that somebody looks after it: no more people are told. throws  INVALID_OPTIONS · ILLEGAL_TRANSITION */
  ack(alert: string, manual: { readonly by: string }): void;
  /**
   * Tell nobody of a rule, of a component, or of the one about the other, for a while. What was told of its beginning
   * is told of its end all the same. Returns the function that ends it.
   *
   *   runtime.alerts.silence({ component: 'breaker/payments', forMs: 3_600_000, by: 'ada', reason: 'they migrate' });
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED beyond 256 · STOPPED
   */
  silence(silence: SilenceOptions): () => void;
  /**
   * Add a rule. Returns the function that ends it, and resolves what it found.
   *
   *   runtime.alerts.rule({ name: 'stock', severity: 'critical', when: () => stock.left < 10 && 'fewer than 10 left' });
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED beyond 256 · STOPPED
   */
  rule(rule: AlertRule): () => void;
  /** Every rule, and whether it has anything to look at. */
  rules(): readonly AlertRuleReading[];
  /** Send a test through a channel now. Rejects with what kept it from being taken. throws  INVALID_OPTIONS · STOPPED */
  test(channel: string): Promise<void>;
}
