/**
 * The keeper of all alerts: once a second it looks at every rule, raises what has held for long enough, tells more
 * people of what nobody acknowledges, and resolves what is over. What is told by an event is raised at once.
 *
 * It decides nothing about what is wrong (`default-rules.ts`) and delivers nothing (`channel-courier.ts`). Its timer is
 * its own: a health tick that is dead is one of the things to be noticed.
 */
import { describe } from '../../core/describe.ts';
import type { Env, Timer } from '../../core/env.ts';
import { HoldfastError, invalidOptions } from '../../core/errors.ts';
import type { EventSink, EventType, HoldfastEvent, Listener } from '../../core/events.ts';
import type { Keep } from '../../core/keep.ts';
import { nullRecord } from '../../core/null-record.ts';
import type { AlertingReading, AlertReading, AlertSeverity, Section } from '../../core/readings.ts';
import { parseOptions } from '../../core/schema.ts';
import { Alert, illegal } from './alert.ts';
import { type Adoption, Inheritance } from './inheritance.ts';
import { type KeptAlert, KeptAlerts } from './kept-alerts.ts';
import type { AlertNotice } from './notice.ts';
import { ackOptions, type SilenceOptions } from './options.ts';
import { ownRule } from './own-rule.ts';
import type { Finding, Rule } from './rule.ts';
import { type AlertRule, alertRule } from './rule-options.ts';
import type { AlertSample } from './sample.ts';
import { KeptSilences } from './kept-silences.ts';
import { Silences } from './silences.ts';
import type { Telling } from './telling.ts';
import { type AlertRuleReading, WatchedRule } from './watched-rule.ts';

const LOOK_MS = 1_000;
/** That hold, of each severity: a storm of hints leaves room for what is critical. */
const MAX_ALERTS = 256;
const MAX_PAST = 64;
const MAX_OWN_RULES = 256;

export interface AlertsParts {
  readonly env: Pick<Env, 'now' | 'wall' | 'random' | 'setTimer' | 'clearTimer'>;
  readonly events: EventSink & { on<T extends EventType>(type: T, listener: Listener<T>): () => void };
  /** When the runtime began. */
  readonly startedAt: number;
  /** Those of ours, as the application wants them; `isOff` for one it does not want. */
  readonly rules: readonly { readonly rule: Rule; readonly isOff: boolean }[];
  readonly channels: ReadonlySet<string>;
  readonly sample: () => AlertSample;
  readonly telling: Telling;
  readonly keep: Keep;
  readonly onCallbackFailed: (callback: string, error: unknown) => void;
}

export class Alerts {
  readonly #parts: AlertsParts;
  readonly #watched = new Map<string, WatchedRule>();
  readonly #silences: Silences;
  readonly #keptSilences: KeptSilences;
  readonly #kept: KeptAlerts;
  readonly #telling: Telling;
  readonly #past: AlertReading[] = [];
  readonly #holding: Record<AlertSeverity, number> = { info: 0, warning: 0, critical: 0 };
  #ownRules = 0;
  #timer: Timer | undefined;
  readonly #inheritance: Inheritance;
  #hasBegun = false;
  #prefix: string | undefined;
  #made = 0;
  #raised = 0;
  #resolved = 0;
  #overflow = 0;

  constructor(parts: AlertsParts) {
    this.#parts = parts;
    this.#keptSilences = new KeptSilences(parts.keep, parts.env);
    this.#silences = new Silences(parts.events, this.#keptSilences);
    this.#telling = parts.telling;
    this.#telling.onCertain = (alert) => this.#certain(alert);
    this.#kept = new KeptAlerts(parts.keep, parts.env);
    this.#inheritance = new Inheritance({
      env: parts.env,
      kept: this.#kept,
      telling: parts.telling,
      adopt: (kept) => this.#adopt(kept),
    });
    for (const { rule, isOff } of parts.rules) this.#watched.set(rule.name, new WatchedRule(rule, isOff));
  }

  /**
   * Read what an earlier process kept: before the start, so that nobody is told of what they had silenced; again where
   * the store was down then, and is back. Never throws.
   */
  async restore(): Promise<void> {
    const onFailed = (error: unknown): void => this.#parts.onCallbackFailed('what was kept of alerts', error);
    try {
      this.#silences.resume(await this.#keptSilences.read(onFailed), this.#parts.env.now());
      this.#mute();
      await this.#inheritance.read(onFailed);
      if (this.#hasBegun) this.#inheritance.begin();
    } catch (error) {
      onFailed(error);
    }
  }

  /**
   * Look once a second. Keeps nothing alive. Started again it goes on with what it has.
   *
   * in   onFailed   hears of a look that failed: a mistake of ours. Must not throw
   */
  start(onFailed: (error: unknown) => void): void {
    if (!this.#hasBegun) this.#begin();
    this.stop();
    this.#arm(onFailed);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#parts.env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  /** The last 64 that are over, then those that hold; of both the oldest first. */
  list(): readonly AlertReading[] {
    const holding = Array.from(this.#all(), (alert) => alert.reading(this.#parts.startedAt));
    return [...this.#past, ...holding.toSorted((a, b) => a.sinceMs - b.sinceMs)];
  }

  section(): Section<AlertReading> {
    const section = nullRecord<AlertReading>();
    for (const reading of this.list()) section[reading.alert] = reading;
    return section;
  }

  get counts(): Omit<AlertingReading, 'channels'> {
    return {
      raised: this.#raised,
      resolved: this.#resolved,
      overflow: this.#overflow,
      silences: this.#silences.reading(this.#parts.startedAt),
    };
  }

  rules(): readonly AlertRuleReading[] {
    const sample = this.#parts.sample();
    return Array.from(this.#watched.values(), (watched) => watched.reading(sample));
  }

  /**
   * Add a rule of the application's own. Returns the function that ends it, and what it found with it.
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED
   */
  add(given: AlertRule): () => void {
    const rule = ownRule(parseOptions(alertRule, given, 'alerts.rule'));
    if (this.#watched.has(rule.name))
      throw invalidOptions('alerts.rule.name', 'a name no rule has, and none of ours', rule.name);
    this.#checkChannels('alerts.rule', rule);
    if (this.#ownRules === MAX_OWN_RULES)
      throw new HoldfastError(
        'CAPACITY_EXHAUSTED',
        `alerts.rule: expected at most ${MAX_OWN_RULES} rules, received one more`,
        { component: 'alerts.rule' },
      );
    this.#ownRules++;
    const watched = new WatchedRule(rule);
    this.#watched.set(rule.name, watched);
    this.#inheritance.claim(rule.name);
    return () => this.#remove(watched);
  }

  /** A person looks after it: nobody else is told. throws  INVALID_OPTIONS · ILLEGAL_TRANSITION */
  ack(id: string, given: { readonly by: string }): void {
    const { by } = parseOptions(ackOptions, given, 'alerts.ack');
    const alert = this.#find(id);
    alert.move('acknowledge');
    alert.acknowledgedBy = by;
    this.#telling.acknowledged(alert);
    this.#kept.put(alert);
    const { rule, component } = alert;
    this.#parts.events.emit('alert.acknowledged', { alert: id, rule: rule.name, component, by });
  }

  /**
   * Tell nobody of a rule, of a component, or of the one about the other, for a while. What is told already is not told
   * to more people. Returns the function that ends it.
   *
   * throws  INVALID_OPTIONS · CAPACITY_EXHAUSTED
   */
  silence(given: SilenceOptions): () => void {
    const silence = this.#silences.add(given, this.#parts.env.now());
    this.#mute();
    return () => this.#silences.end(silence);
  }

  /** What a channel is told to see whether it works. */
  testNotice(channel: string): AlertNotice {
    const found = { component: 'system', message: `a test of channel ${JSON.stringify(channel)}` };
    const rule: Rule = { name: 'test', severity: 'info', threshold: NaN, forMs: 0, calmMs: 0 };
    return this.#telling.notice(new Alert(this.#nextId(), rule, found, this.#parts.env.now()), 'test');
  }

  /** Look at every rule now. The timer does this once a second. */
  look(): void {
    const nowMs = this.#parts.env.now();
    const sample = this.#parts.sample();
    this.#silences.expire(nowMs);
    this.#inheritance.expire(nowMs);
    for (const watched of Array.from(this.#watched.values())) if (!watched.isOff) this.#judge(watched, sample, nowMs);
    for (const alert of Array.from(this.#all())) {
      if (alert.state === 'silenced' && !this.#isSilenced(alert)) {
        alert.move('unmute');
        this.#tell(alert, nowMs);
      }
      if (alert.state !== 'firing') continue;
      const isTold = this.#telling.again(alert);
      if (this.#telling.escalate(alert, nowMs) || isTold) this.#kept.put(alert);
    }
  }

  #arm(onFailed: (error: unknown) => void): void {
    const turn = (): void => {
      this.#arm(onFailed);
      try {
        this.look();
      } catch (error) {
        onFailed(error);
      }
    };
    this.#timer = this.#parts.env.setTimer(turn, LOOK_MS, false);
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#silences.expire(this.#parts.env.now()); // it may have begun long after they were read
    this.#inheritance.begin();
    this.#listen();
  }

  /** What an earlier process told people of holds until a look finds that it does not. */
  #adopt(kept: KeptAlert): Adoption {
    const watched = this.#watched.get(kept.rule);
    if (watched === undefined) return 'waits';
    const { rule, alerts, isOff } = watched;
    const known = alerts.get(kept.component);
    if (known?.state === 'pending') this.#drop(watched, known); // people know of one already
    else if (known !== undefined) return this.#join(known, kept);
    if (isOff || this.#holding[rule.severity] >= MAX_ALERTS) return 'ends';
    const alert = this.#kept.revive(kept, rule);
    alerts.set(alert.component, alert);
    this.#holding[rule.severity]++;
    alert.move('fire');
    if (this.#isSilenced(alert)) alert.move('mute');
    if (alert.acknowledgedBy !== null) alert.move('acknowledge');
    return 'goesOn';
  }

  /** The end of the one was not told yet when the other was raised: people know of one. */
  #join(known: Alert, { acknowledgedBy, told, id }: KeptAlert): Adoption {
    for (const channel of told) known.told.add(channel);
    if (acknowledgedBy !== null && known.state !== 'acknowledged') {
      known.move('acknowledge');
      known.acknowledgedBy = acknowledgedBy;
    }
    this.#kept.put(known);
    this.#kept.forget({ id });
    return 'goesOn';
  }

  /** What fires and is silenced is told to no more people. */
  #mute(): void {
    for (const alert of Array.from(this.#all()))
      if (alert.state === 'firing' && this.#isSilenced(alert)) alert.move('mute');
  }

  /** Heard for as long as the runtime lives: what happens while this part is being restarted is not missed. */
  #listen(): void {
    for (const watched of this.#watched.values()) {
      if (watched.isOff) continue;
      for (const [type, hear] of Object.entries(watched.rule.hear ?? {}))
        this.#parts.events.on(type as EventType, (event: HoldfastEvent) => {
          const found = (hear as (event: HoldfastEvent) => Finding | undefined)(event);
          if (found !== undefined) this.#found(watched, found, this.#parts.env.now());
        });
    }
  }

  #judge(watched: WatchedRule, sample: AlertSample, nowMs: number): void {
    const { rule, alerts } = watched;
    try {
      for (const found of rule.find?.(sample, rule.threshold) ?? []) this.#found(watched, found, nowMs);
      watched.failure = null;
    } catch (error) {
      watched.failure = describe(error); // what holds goes on holding: nobody can say that it is over
      this.#parts.onCallbackFailed(`alert rule "${rule.name}" when`, error);
      return;
    }
    for (const alert of Array.from(alerts.values())) {
      if (alerts.get(alert.component) !== alert) continue; // a listener has ended the rule
      if (rule.holds?.(sample, alert.component)) alert.held(nowMs);
      const calmForMs = alert.calmForMs(nowMs);
      if (calmForMs > 0 && rule.isUnknown?.(sample, alert.component) && alert.mayStay(nowMs)) continue;
      if (alert.state === 'pending') {
        if (calmForMs > 0) this.#drop(watched, alert);
        else if (nowMs - alert.sinceMs - alert.doubtedMs >= rule.forMs) this.#raise(alert, nowMs);
      } else if (calmForMs > 0 && calmForMs >= rule.calmMs) this.#resolve(watched, alert, nowMs);
    }
  }

  #found(watched: WatchedRule, found: Finding, nowMs: number): void {
    const { rule, alerts } = watched;
    if (this.#watched.get(rule.name) !== watched) return; // it was ended by itself, or by a listener
    const known = alerts.get(found.component);
    if (known !== undefined) {
      known.held(nowMs);
      if (known.state === 'pending') known.message = found.message; // afterwards it is what people were told
      return;
    }
    if (this.#holding[rule.severity] >= MAX_ALERTS) {
      this.#overflow++;
      return;
    }
    const alert = new Alert(this.#nextId(), rule, found, nowMs);
    alerts.set(alert.component, alert);
    this.#holding[rule.severity]++;
    if (rule.forMs === 0) this.#raise(alert, nowMs);
  }

  /** The channels before the listeners: one of those may acknowledge it at once. */
  #raise(alert: Alert, nowMs: number): void {
    const { id, rule, component, message } = alert;
    const isSilenced = this.#isSilenced(alert);
    alert.move(isSilenced ? 'mute' : 'fire');
    alert.raisedAtMs = nowMs;
    this.#raised++;
    if (!isSilenced) this.#tell(alert, nowMs);
    this.#parts.events.emit('alert.raised', {
      alert: id,
      rule: rule.name,
      severity: rule.severity,
      component,
      message,
      ...(rule.runbook !== undefined && { runbook: rule.runbook }),
      ...(isSilenced && { silenced: true }),
    });
  }

  #tell(alert: Alert, nowMs: number): void {
    this.#telling.raised(alert, nowMs);
    this.#kept.put(alert);
  }

  /** The next process must not tell its end to who never heard its beginning; what nobody knows of, it may find anew. */
  #certain(alert: Alert): void {
    if (alert.told.size === 0 && alert.acknowledgedBy === null) this.#kept.forget(alert);
    else if (alert.state !== 'resolved') this.#kept.put(alert);
  }

  #resolve(watched: WatchedRule, alert: Alert, nowMs: number): void {
    const { id, rule, component } = alert;
    alert.move('clear');
    this.#forget(watched, alert);
    alert.resolvedAtMs = nowMs;
    this.#resolved++;
    if (this.#past.push(Object.freeze(alert.reading(this.#parts.startedAt))) > MAX_PAST) this.#past.shift();
    // Until they know, the next process has to tell them.
    this.#telling.resolved(alert, () => this.#kept.forget(alert));
    this.#parts.events.emit('alert.resolved', {
      alert: id,
      rule: rule.name,
      severity: rule.severity,
      component,
      durationMs: nowMs - (alert.raisedAtMs ?? nowMs),
    });
  }

  /** Nobody has heard of it. */
  #drop(watched: WatchedRule, alert: Alert): void {
    alert.move('clear');
    this.#forget(watched, alert);
  }

  #forget({ alerts }: WatchedRule, alert: Alert): void {
    alerts.delete(alert.component);
    this.#holding[alert.rule.severity]--;
  }

  #remove(watched: WatchedRule): void {
    if (this.#watched.get(watched.rule.name) !== watched) return;
    this.#watched.delete(watched.rule.name);
    this.#ownRules--;
    const nowMs = this.#parts.env.now();
    for (const alert of Array.from(watched.alerts.values()))
      if (alert.state === 'pending') this.#drop(watched, alert);
      else this.#resolve(watched, alert, nowMs);
  }

  #isSilenced({ rule, component }: Alert): boolean {
    return this.#silences.covers(rule.name, component);
  }

  *#all(): Generator<Alert> {
    for (const { alerts } of this.#watched.values()) yield* alerts.values();
  }

  #find(id: string): Alert {
    for (const alert of this.#all()) if (alert.id === id) return alert;
    if (this.#past.some(({ alert }) => alert === id)) throw illegal(id, 'resolved');
    throw invalidOptions('alerts.ack', 'the id of an alert, as list() has it', id);
  }

  /** Unique across processes: others remember incidents for longer than one lives. */
  #nextId(): string {
    const { env } = this.#parts;
    this.#prefix ??= `${env.wall().toString(36)}${Math.floor(env.random() * 36 ** 4).toString(36)}`;
    return `${this.#prefix}-${++this.#made}`;
  }

  #checkChannels(path: string, { channels = [], escalation = [] }: Rule): void {
    for (const channel of [...channels, ...escalation.flatMap((step) => step.channels)])
      if (!this.#parts.channels.has(channel)) throw invalidOptions(`${path}.channels`, 'names of channels', channel);
  }
}
