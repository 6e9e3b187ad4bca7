/**
 * The runtime's alerts: the rules in force, their keeper, a courier and a pipeline for each channel, and what an
 * application may do with them.
 *
 * Part of the composition root; `runtime.ts` is its only caller. Alerting begins with its first use, or at the start
 * where the application gave options: one look a second.
 */
import type { Tree } from '../actors/root.ts';
import type { AlertChannel, DeliverAlert } from './control/alerts/channel.ts';
import { ChannelCourier } from './control/alerts/channel-courier.ts';
import { ChannelError } from './control/alerts/channel-error.ts';
import { Alerts, type AlertsParts } from './control/alerts/alerts.ts';
import { rulesInForce } from './control/alerts/rules-in-force.ts';
import type { AlertNotice } from './control/alerts/notice.ts';
import { alertsOptions, type ResolvedAlertsOptions } from './control/alerts/options.ts';
import { Sampler, type Sources } from './control/alerts/sampler.ts';
import { Telling } from './control/alerts/telling.ts';
import type { Dispatcher } from './core/dispatcher.ts';
import type { Env } from './core/env.ts';
import { errorKind } from './core/error-kind.ts';
import { invalidOptions } from './core/errors.ts';
import type { HoldfastEvent } from './core/events.ts';
import type { Intake } from './core/intake.ts';
import type { Keep } from './core/keep.ts';
import { nullRecord } from './core/null-record.ts';
import type { ChannelReading, Readings, Section } from './core/readings.ts';
import { parseOptions } from './core/schema.ts';
import { sectionOfOne } from './core/section-of-one.ts';
import type { Pipelines } from './pipelines.ts';
import type { RuntimeAlerts } from './runtime-alerts.ts';
import { wayOut } from './way-out.ts';

const TIMEOUT_MS = 10_000;

export interface AlertingParts {
  readonly name: string;
  readonly policyHash: string;
  readonly env: Env;
  readonly intake: Intake;
  readonly dispatcher: Dispatcher;
  readonly tree: Tree;
  readonly pipelines: Pipelines;
  readonly startedAt: number;
  readonly sources: Omit<Sources, 'channels'>;
  /** Whether the breaker of that name is one of a way of our own to the outside. */
  readonly isOurs: (breaker: string) => boolean;
  /** Where what people were told outlives the process. Default: nowhere. */
  readonly keep?: Keep | undefined;
}

interface Channel {
  readonly courier: ChannelCourier;
  readonly deliver: (notice: AlertNotice, signal?: AbortSignal) => Promise<void>;
}

export class Alerting {
  readonly #parts: AlertingParts;
  readonly #options: ResolvedAlertsOptions;
  readonly #isEager: boolean;
  readonly #channels = new Map<string, Channel>();
  readonly #sampler: Sampler;
  readonly #alerts: Alerts;
  readonly #face: RuntimeAlerts;
  #hasBegun = false;

  /**
   * in      given   undefined where the application named none: then it begins with its first use
   * throws  INVALID_OPTIONS for two channels of one name, and for names no channel has
   */
  constructor(given: ResolvedAlertsOptions | undefined, parts: AlertingParts) {
    const { name: runtime, policyHash, env, dispatcher, startedAt, sources, keep = NOTHING_KEPT } = parts;
    this.#parts = parts;
    this.#isEager = given !== undefined;
    const options = (this.#options = given ?? parseOptions(alertsOptions, {}, 'alerts'));
    for (const [index, channel] of options.channels.entries()) this.#addChannel(channelOf(channel, index));
    const names = [...this.#channels.keys()];
    const { rules, routes, escalation } = rulesInForce(options, names);
    this.#sampler = new Sampler(env, startedAt, { ...sources, channels: () => this.#channelReadings() });
    const channels = new Set(names);
    const telling = new Telling({
      env,
      events: dispatcher,
      runtime,
      policyHash,
      channels,
      routes,
      escalation,
      send: (channel, outgoing) => this.#channels.get(channel)?.courier.send(outgoing) ?? false,
    });
    this.#alerts = new Alerts({
      env,
      events: this.#eventsOfTheirs(),
      startedAt,
      rules,
      channels,
      telling,
      keep,
      sample: () => this.#sampler.take(),
      onCallbackFailed: (callback, error) => dispatcher.callbackFailed(callback, error),
    });
    this.#face = this.#makeFace();
  }

  /** Take up what an earlier process left, before anything can be raised; also where alerting begins only later. */
  restore(): Promise<void> {
    const { intake, keep = NOTHING_KEPT } = this.#parts;
    keep.onLate(() => void (intake.isOpen && this.#alerts.restore()));
    return this.#alerts.restore();
  }

  /** What the application is given. From its first use on the rules are looked at. */
  get face(): RuntimeAlerts {
    this.#begin();
    return this.#face;
  }

  /** The runtime is watched now. */
  watch(): void {
    if (this.#isEager) this.#begin();
  }

  /** The root has given up: that is told as well, by nobody watched. */
  goOnAlone(): void {
    if (!this.#hasBegun) return;
    this.#startCouriers();
    this.#alerts.start((error) => this.#parts.dispatcher.callbackFailed('alerts', error));
  }

  /** Of a tree that has ended nobody else does. */
  async stop(): Promise<void> {
    this.#alerts.stop();
    await this.#stopCouriers();
  }

  #startCouriers(): void {
    for (const { courier } of this.#channels.values()) courier.start();
  }

  async #stopCouriers(): Promise<void> {
    await Promise.all(Array.from(this.#channels.values(), ({ courier }) => courier.stop()));
  }

  readings(): Pick<Readings, 'alerts' | 'alerting'> {
    return {
      alerts: this.#alerts.section(),
      alerting: sectionOfOne('self', { ...this.#alerts.counts, channels: this.#channelReadings() }),
    };
  }

  #channelReadings(): Section<ChannelReading> {
    const channels = nullRecord<ChannelReading>();
    for (const [name, { courier }] of this.#channels) channels[name] = courier.reading;
    return channels;
  }

  /** A channel that is down is told as such, by one rule: its breaker is nothing the application calls. */
  #eventsOfTheirs(): AlertsParts['events'] {
    const { dispatcher, isOurs } = this.#parts;
    const isOfOurs = (event: HoldfastEvent): boolean =>
      event.type === 'breaker.transitioned' && event.key === undefined && isOurs(event.breaker);
    return {
      emit: (type, payload) => dispatcher.emit(type, payload),
      on: (type, listener) =>
        dispatcher.on(type, (event) => (isOfOurs(event as HoldfastEvent) ? undefined : listener(event))),
    };
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { intake, tree } = this.#parts;
    this.#sampler.begin();
    if (!intake.isOpen) return;
    if (tree.hasEnded) return this.goOnAlone();
    // One part for all of them: channels that hang take their last two seconds side by side.
    const start = (): void => this.#startCouriers();
    if (this.#channels.size > 0) tree.add('control', { id: 'channels', start, stop: () => this.#stopCouriers() });
    tree.add('control', {
      id: 'alerts',
      start: (scope) => this.#alerts.start((error) => scope.fail(error)),
      stop: () => this.#alerts.stop(),
    });
  }

  #addChannel(channel: AlertChannel): void {
    const { name, timeoutMs = TIMEOUT_MS } = channel;
    const { env, dispatcher, pipelines } = this.#parts;
    if (this.#channels.has(name)) throw invalidOptions('runtime.alerts.channels', 'channels of different names', name);
    const pipeline = wayOut(pipelines, `channel ${name}`, {
      timeoutMs,
      classify: (error) => (error instanceof ChannelError && error.isFinal ? 'ignored' : 'failure'),
    });
    const through: Channel['deliver'] = async (notice, signal) =>
      void (await pipeline.execute(
        (call) =>
          channel.deliver(notice, {
            signal: call.signal,
            attempt: call.attempt,
            fetch: env.fetch,
            connect: (where, ends) => env.connect(where, ends),
          }),
        { signal },
      ));
    const { perMinute } = this.#options;
    const courier = new ChannelCourier({ env, events: dispatcher, channel: name, perMinute, deliver: through });
    this.#channels.set(name, { courier, deliver: through });
  }

  #makeFace(): RuntimeAlerts {
    const { intake } = this.#parts;
    const alerts = this.#alerts;
    const open = (what: string): void => {
      if (!intake.isOpen) throw intake.stopped(what);
    };
    return Object.freeze<RuntimeAlerts>({
      list: () => alerts.list(),
      ack: (alert, manual) => alerts.ack(alert, manual),
      silence: (silence) => {
        open('alerts.silence');
        return alerts.silence(silence);
      },
      rule: (rule) => {
        open('alerts.rule');
        return alerts.add(rule);
      },
      rules: () => alerts.rules(),
      test: async (channel) => {
        open('alerts.test');
        const found = this.#channels.get(channel);
        if (found === undefined) throw invalidOptions('alerts.test channel', 'the name of a channel', channel);
        try {
          await found.deliver(alerts.testNotice(channel));
        } catch (error) {
          throw notDelivered(channel, error);
        }
      },
    });
  }
}

/** Without its cause: messages of others carry addresses, and addresses keys. */
function notDelivered(channel: string, error: unknown): Error {
  const why = error instanceof ChannelError ? error.message : errorKind(error);
  return new Error(`channel ${JSON.stringify(channel)}: expected the test to be taken, received: ${why}`);
}

/** A function is a channel called as it is called. */
function channelOf(given: ResolvedAlertsOptions['channels'][number], index: number): AlertChannel {
  if (typeof given !== 'function') return given;
  const own: unknown = (given as DeliverAlert & { readonly name: unknown }).name; // which anybody may have set to anything
  const isName = typeof own === 'string' && own.length > 0 && own.length <= 128;
  return { name: isName ? own : `channel ${index + 1}`, deliver: given };
}

/** Without a store nothing is kept, and nothing is found. */
const NOTHING_KEPT: Keep = { put() {}, all: async () => new Map(), onLate() {} };
