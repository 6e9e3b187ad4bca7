/** Whom an alert is told: the channels its rule or severity is routed to, more of them later, and the same at its end. */
import type { Env } from '../../core/env.ts';
import type { EventSink } from '../../core/events.ts';
import type { AlertSeverity } from '../../core/readings.ts';
import type { Alert } from './alert.ts';
import type { AlertNotice, NoticeKind } from './notice.ts';
import { noticeOf } from './notice-of.ts';
import type { Outgoing } from './notice-queue.ts';
import type { EscalationStep } from './rule.ts';

export interface TellingParts {
  readonly env: Pick<Env, 'wall'>;
  readonly events: EventSink;
  readonly runtime: string;
  readonly policyHash: string;
  readonly channels: ReadonlySet<string>;
  readonly routes: Readonly<Record<AlertSeverity, readonly string[]>>;
  /** For critical alerts whose rule has none of its own; the first step first. */
  readonly escalation: readonly EscalationStep[];
  /** Hand a notice to a channel. out  whether it waits for its turn now. Must not throw, and must not wait. */
  readonly send: (channel: string, outgoing: Outgoing) => boolean;
}

export class Telling {
  readonly #parts: TellingParts;
  /** Called when it is certain of a channel whether it knows of an alert. Must not throw. */
  onCertain: (alert: Alert) => void = () => {};

  constructor(parts: TellingParts) {
    this.#parts = parts;
  }

  /** It fires. Those that know of it already are not told again. */
  raised(alert: Alert, nowMs: number): void {
    alert.escalatesFromMs = nowMs;
    for (const channel of this.#channelsOf(alert)) if (!alert.told.has(channel)) this.#send(channel, alert, 'raised');
  }

  /**
   * Rather twice than never is told what an earlier process may have told; and what is critical rather late than never,
   * to those that had no place for it.
   *
   * out  whether anybody was
   */
  again(alert: Alert): boolean {
    const { told, uncertain, heldBack, rule } = alert;
    if (uncertain.size + heldBack.size === 0) return false;
    const isLate = (channel: string): boolean =>
      rule.severity === 'critical' && heldBack.has(channel) && !told.has(channel) && !uncertain.has(channel);
    const waiting = [...uncertain, ...this.#channelsOf(alert).filter(isLate)];
    return waiting.filter((channel) => this.#send(channel, alert, 'raised')).length > 0;
  }

  /** Take the steps of its escalation that are due; one that nobody had a place for is due still. out  whether any was taken */
  escalate(alert: Alert, nowMs: number): boolean {
    const { id, rule, component, escalations } = alert;
    const steps = rule.escalation ?? (rule.severity === 'critical' ? this.#parts.escalation : []);
    for (let step = steps[escalations]; step !== undefined; step = steps[alert.escalations]) {
      const { afterMs } = step;
      if (alert.state !== 'firing' || nowMs - alert.escalatesFromMs < afterMs) break; // a listener may have acknowledged it
      const channels = step.channels.filter((channel) => this.#send(channel, alert, 'escalated'));
      if (channels.length === 0) break;
      alert.escalations++;
      this.#parts.events.emit('alert.escalated', { alert: id, rule: rule.name, component, afterMs, channels });
    }
    return alert.escalations > escalations;
  }

  /** To those who know of it. */
  acknowledged(alert: Alert): void {
    for (const channel of alert.told) this.#send(channel, alert, 'acknowledged');
  }

  /** To those who may know of it. in  onAllKnow   called once, when none of them waits for the news any more. Must not throw */
  resolved(alert: Alert, onAllKnow: () => void): void {
    const waiting = new Set([...alert.told, ...alert.uncertain]);
    const knows = (channel: string): void => {
      if (waiting.delete(channel) && waiting.size === 0) onAllKnow();
    };
    if (waiting.size === 0) return onAllKnow();
    for (const channel of Array.from(waiting))
      if (!this.#send(channel, alert, 'resolved', () => knows(channel))) knows(channel);
  }

  /** What a channel is sent to see whether it works. */
  notice(alert: Alert, kind: NoticeKind): AlertNotice {
    const { env, runtime, policyHash } = this.#parts;
    return noticeOf(alert, kind, { runtime, policyHash, wallMs: env.wall() });
  }

  /** Who is told of the beginning counts as knowing until it is certain that they were not. */
  #send(channel: string, alert: Alert, kind: NoticeKind, onSettled?: () => void): boolean {
    const isOwed = kind === 'acknowledged' || kind === 'resolved';
    const isFirst = !alert.told.has(channel) && kind !== 'resolved';
    const settled = (isHeard: boolean): void => {
      if (isFirst && alert.underway.delete(channel) && (isHeard || alert.told.delete(channel))) this.onCertain(alert);
      onSettled?.();
    };
    if (isFirst) {
      alert.told.add(channel);
      alert.underway.add(channel);
    }
    const isAgain = alert.heldBack.delete(channel);
    const isSent = this.#parts.send(channel, { notice: this.notice(alert, kind), isFirst, isOwed, isAgain, settled });
    if (isSent) alert.uncertain.delete(channel);
    else alert.heldBack.add(channel);
    if (!isSent && isFirst) {
      alert.told.delete(channel);
      alert.underway.delete(channel);
    }
    return isSent;
  }

  #channelsOf({ rule, channels }: Alert): readonly string[] {
    const asked = channels?.filter((channel) => this.#parts.channels.has(channel)) ?? [];
    return asked.length > 0 ? asked : (rule.channels ?? this.#parts.routes[rule.severity]);
  }
}
