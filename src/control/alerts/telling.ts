/** Whom an alert is told: the channels its rule or severity is routed to, more of them later, and the same at its end. */
import type { Env } from '../../core/env.ts';
import type { EventSink } from '../../core/events.ts';
import type { AlertSeverity } from '../../core/readings.ts';
import type { Alert } from './alert.ts';
import type { AlertNotice, NoticeKind } from './notice.ts';
import { noticeOf } from './notice-of.ts';
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
  /** Hand a notice to a channel. out  whether it will be tried. Must not throw, and must not wait. */
  readonly send: (channel: string, notice: AlertNotice, isOwed: boolean) => boolean;
}

export class Telling {
  readonly #parts: TellingParts;

  constructor(parts: TellingParts) {
    this.#parts = parts;
  }

  /** It fires. Those that know of it already are not told again. */
  raised(alert: Alert, nowMs: number): void {
    const { rule } = alert;
    alert.escalatesFromMs = nowMs;
    const asked = alert.channels?.filter((channel) => this.#parts.channels.has(channel)) ?? [];
    const channels = asked.length > 0 ? asked : (rule.channels ?? this.#parts.routes[rule.severity]);
    for (const channel of channels) if (!alert.told.has(channel)) this.#send(channel, alert, 'raised');
  }

  /** Take the steps of its escalation that are due. out  whether there were any */
  escalate(alert: Alert, nowMs: number): boolean {
    const { id, rule, component, escalations } = alert;
    const steps = rule.escalation ?? (rule.severity === 'critical' ? this.#parts.escalation : []);
    for (let step = steps[escalations]; step !== undefined; step = steps[alert.escalations]) {
      const { afterMs, channels } = step;
      if (alert.state !== 'firing' || nowMs - alert.escalatesFromMs < afterMs) break; // a listener may have acknowledged it
      alert.escalations++;
      for (const channel of channels) this.#send(channel, alert, 'escalated');
      this.#parts.events.emit('alert.escalated', { alert: id, rule: rule.name, component, afterMs, channels });
    }
    return alert.escalations > escalations;
  }

  /** To those who know of it. */
  changed(alert: Alert, kind: 'acknowledged' | 'resolved'): void {
    for (const channel of alert.told) this.#send(channel, alert, kind);
  }

  /** What a channel is sent to see whether it works. */
  notice(alert: Alert, kind: NoticeKind): AlertNotice {
    const { env, runtime, policyHash } = this.#parts;
    return noticeOf(alert, kind, { runtime, policyHash, wallMs: env.wall() });
  }

  #send(channel: string, alert: Alert, kind: NoticeKind): void {
    const isOwed = kind === 'acknowledged' || kind === 'resolved';
    if (this.#parts.send(channel, this.notice(alert, kind), isOwed)) alert.told.add(channel);
  }
}
