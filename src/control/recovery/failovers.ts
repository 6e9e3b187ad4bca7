/** All components with providers: made by name, seated in the pipelines of their name, and where they are kept. */
import type { Env } from '../../core/env.ts';
import { HoldfastError, invalidOptions } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { Keep } from '../../core/keep.ts';
import { nullRecord } from '../../core/null-record.ts';
import type { ProviderSeat } from '../../core/provider-seat.ts';
import type { ProvidersReading, Section } from '../../core/readings.ts';
import { name, parseOptions } from '../../core/schema.ts';
import { providersOptions, type ProvidersOptions } from './options.ts';
import { Providers, type Switch } from './providers.ts';

const MAX_COMPONENTS = 1_024;

export interface FailoversParts {
  readonly env: Env;
  readonly events: EventSink;
  readonly keep: Keep;
  /** What the breaker of a component knows is about the provider that was left. Must not throw. */
  readonly onSwitched: (component: string, moved: Switch) => void;
}

/** Of one pipeline, for as long as it lives: its component may get providers later. */
class Seat implements ProviderSeat {
  providers: Providers | undefined;

  get current(): string | undefined {
    return this.providers?.current;
  }

  take(call: object): string | undefined {
    return this.providers?.take(call);
  }

  settle(call: object, provider: string, succeeded: boolean | null): void {
    this.providers?.settle(call, provider, succeeded);
  }
}

const componentName = name();
const keptAt = (component: string): string => `providers ${component}`;

export class Failovers {
  readonly #parts: FailoversParts;
  readonly #startedAt: number;
  readonly #components = new Map<string, Providers>();
  readonly #seats = new Map<string, Seat>();
  readonly #kept = new Map<string, string>();
  #isRunning = false;

  constructor(parts: FailoversParts) {
    this.#parts = parts;
    this.#startedAt = parts.env.now();
  }

  /** throws  INVALID_OPTIONS, also for a component that has providers already · CAPACITY_EXHAUSTED */
  add(component: string, given: ProvidersOptions): Providers {
    parseOptions(componentName, component, 'recovery component');
    const path = `providers of ${JSON.stringify(component)}`;
    const options = parseOptions(providersOptions, given, path);
    if (this.#components.has(component)) throw invalidOptions(path, 'a component without providers', component);
    if (this.#components.size === MAX_COMPONENTS)
      throw new HoldfastError(
        'CAPACITY_EXHAUSTED',
        `${path}: expected at most ${MAX_COMPONENTS} components, received one more`,
        {
          component: path,
        },
      );
    const { env } = this.#parts;
    const onSwitched = (moved: Switch): void => this.#switched(component, moved);
    const providers = new Providers(component, options, { env, startedAt: this.#startedAt, onSwitched });
    this.#components.set(component, providers);
    const seat = this.#seats.get(component);
    if (seat !== undefined) seat.providers = providers;
    if (this.#isRunning) providers.start();
    const kept = this.#kept.get(component);
    if (kept !== undefined) providers.resume(kept);
    return providers;
  }

  get(component: string): Providers | undefined {
    return this.#components.get(component);
  }

  /** throws  INVALID_OPTIONS for a component without providers */
  failover(component: string, to: string, manual: { readonly by: string; readonly reason?: string | undefined }): void {
    const providers = this.#components.get(component);
    if (providers === undefined) throw invalidOptions('failover component', 'one that has providers', component);
    providers.failover(to, manual);
  }

  /** The seat of a pipeline, by its name. */
  seat(component: string): ProviderSeat {
    let seat = this.#seats.get(component);
    if (seat === undefined) this.#seats.set(component, (seat = new Seat()));
    seat.providers = this.#components.get(component);
    return seat;
  }

  reading(): Section<ProvidersReading> {
    const section = nullRecord<ProvidersReading>();
    for (const [component, providers] of this.#components) section[component] = providers.reading();
    return section;
  }

  start(): void {
    this.#isRunning = true;
    for (const providers of this.#components.values()) providers.start();
  }

  stop(): void {
    this.#isRunning = false;
    for (const providers of this.#components.values()) providers.stop();
  }

  /**
   * Go where an earlier process was; for a component that has no providers yet, when it gets them. One that has been
   * called, or moved, already knows better, and so is the next process to know.
   */
  resume(kept: ReadonlyMap<string, object>): void {
    for (const [id, value] of kept) {
      const { at } = value as { readonly at?: unknown };
      if (!id.startsWith(keptAt('')) || typeof at !== 'string' || this.#kept.size === MAX_COMPONENTS) continue;
      const component = id.slice(keptAt('').length);
      const providers = this.#components.get(component);
      if (providers === undefined) this.#kept.set(component, at);
      else {
        providers.resume(at);
        if (providers.current !== at) this.#keepPlace(providers);
      }
    }
  }

  #switched(component: string, moved: Switch): void {
    const { events, onSwitched } = this.#parts;
    const { from, to, by, reason } = moved;
    this.#keepPlace(this.#components.get(component)!);
    onSwitched(component, moved);
    events.emit('failover.switched', { component, from, to, by, reason });
  }

  #keepPlace({ component, current, order }: Providers): void {
    const kept = current === order[0] ? null : { v: 1, at: current };
    this.#parts.keep.put('recovery', keptAt(component), kept);
  }
}
