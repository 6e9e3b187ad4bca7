/**
 * A component that several providers can serve: which one the next call goes to, changed by how calls go, by hand, and
 * back by probes or by single calls that try a better one. What is decided is `failover.ts`.
 */
import type { Env, Timer } from '../../core/env.ts';
import { invalidOptions } from '../../core/errors.ts';
import type { ProvidersReading } from '../../core/readings.ts';
import { parseOptions } from '../../core/schema.ts';
import { afterCall, afterTrial, leave, mayBeTried, moveTo, type Position, startAt } from './failover.ts';
import { byWhomAndPerhapsWhy, type ResolvedProvidersOptions } from './options.ts';
import { mustBeWell } from './must-be-well.ts';
import { ProbesOut } from './probes-out.ts';
import { within } from './within.ts';

export interface Switch {
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly reason: string;
}

interface Trial {
  /** Another call to the same provider may have begun while that was in force: what it says is too late. */
  readonly call: object;
  readonly place: number;
  readonly sinceMs: number;
}

export interface ProvidersParts {
  readonly env: Env;
  readonly startedAt: number;
  /** Told of each switch, after it. Must not throw. */
  readonly onSwitched: (moved: Switch) => void;
}

const OURSELVES = 'holdfast';

export class Providers {
  readonly component: string;
  /** The provider in force: read it for each call, it costs one load. */
  current: string;
  /** The best one first. */
  readonly order: readonly string[];
  readonly #options: ResolvedProvidersOptions;
  readonly #parts: ProvidersParts;
  #position: Position;
  #switches = 0;
  /** Whether anything has been said here of where to go. */
  #isKnown = false;
  #stranded = 0;
  /** The one call that is trying a better provider now. */
  #trial: Trial | undefined;
  #timer: Timer | undefined;
  #probing: AbortController | undefined;
  readonly #probesOut: ProbesOut;
  #isOpen = true;

  /** @internal Use `runtime.recovery.providers`. */
  constructor(component: string, options: ResolvedProvidersOptions, parts: ProvidersParts) {
    this.component = component;
    this.#options = options;
    this.order = Object.freeze([...options.order]);
    this.#parts = parts;
    this.#probesOut = new ProbesOut(parts.env);
    this.#position = startAt(0, options.order.length, parts.env.now());
    this.current = options.order[0]!;
  }

  /** @internal For one call: the one in force, or a better one that needs to be tried. */
  take(call: object): string {
    if (this.#position.at === 0 || this.#options.probe !== undefined) return this.current;
    const nowMs = this.#parts.env.now();
    if (this.#trial !== undefined && !this.#isLost(this.#trial, nowMs)) return this.current;
    if (this.#trial !== undefined) this.#tried(false); // it hangs: others may try again after another dwell
    const place = this.order.findIndex((_, each) => mayBeTried(this.#position, each, this.#options, nowMs));
    if (place < 0) return this.current;
    this.#trial = { call, place, sinceMs: nowMs };
    return this.order[place]!;
  }

  /** @internal How such a call went. */
  settle(call: object, provider: string, succeeded: boolean | null): void {
    if (call === this.#trial?.call) this.#tried(succeeded);
    else if (succeeded !== null) this.report(provider, succeeded);
  }

  /**
   * Say how a call to a provider went that no pipeline made. What is said of one that is not in force is too late, and
   * counts for nothing.
   *
   * throws  INVALID_OPTIONS
   */
  report(provider: string, succeeded: boolean): void {
    const path = `providers of "${this.component}" report`;
    if (!this.order.includes(provider)) throw invalidOptions(path, `one of ${this.order.join(', ')}`, provider);
    if (typeof succeeded !== 'boolean') throw invalidOptions(`${path} succeeded`, 'true or false', succeeded);
    this.#isKnown = true;
    if (provider !== this.current) return;
    const next = afterCall(this.#position, succeeded, this.#options, this.#parts.env.now());
    if (next === 'stranded') this.#stranded++;
    else this.#go(next, OURSELVES, `${this.#options.failures} failures in a row`);
  }

  /**
   * The one in force will not do: go to the next. out  false when all others failed within the last dwell
   *
   * throws  INVALID_OPTIONS unless it is said who wants it
   */
  next(manual: { readonly by: string; readonly reason?: string | undefined }): boolean {
    const { by, reason = 'by hand' } = parseOptions(
      byWhomAndPerhapsWhy,
      manual,
      `providers of "${this.component}" next`,
    );
    const position = leave(this.#position, this.#options, this.#parts.env.now());
    if (position === 'stranded') {
      this.#stranded++;
      return false;
    }
    this.#go(position, by, reason);
    return true;
  }

  /**
   * Go to the provider of that name. From there it goes back by itself, after the dwell and enough successes.
   *
   * throws  INVALID_OPTIONS for a provider there is not, and unless it is said who wants it
   */
  failover(to: string, manual: { readonly by: string; readonly reason?: string | undefined }): void {
    const path = `failover of "${this.component}"`;
    const { by, reason = 'by hand' } = parseOptions(byWhomAndPerhapsWhy, manual, path);
    const place = this.order.indexOf(to);
    if (place < 0) throw invalidOptions(path, `one of ${this.order.join(', ')}`, to);
    this.#isKnown = true;
    if (place !== this.#position.at)
      this.#go(moveTo(this.#position, place, this.#options, this.#parts.env.now()), by, reason);
  }

  reading(): ProvidersReading {
    return {
      current: this.current,
      order: this.order,
      sinceMs: this.#position.sinceMs - this.#parts.startedAt,
      switches: this.#switches,
      stranded: this.#stranded,
    };
  }

  /** @internal Where an earlier process was; its dwell begins anew. Unless this one has been called or moved already. */
  resume(provider: string): void {
    const place = this.order.indexOf(provider);
    if (place < 0 || this.#isKnown || this.#switches > 0 || place === this.#position.at) return;
    this.#position = startAt(place, this.order.length, this.#parts.env.now());
    this.current = provider;
    this.#arm();
  }

  /** @internal */
  start(): void {
    this.#isOpen = true;
    this.#arm();
  }

  /** @internal No more probes. */
  stop(): void {
    this.#isOpen = false;
    if (this.#timer !== undefined) this.#parts.env.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#probing?.abort();
  }

  /** A call without a timeout may never end. */
  #isLost({ sinceMs }: Trial, nowMs: number): boolean {
    const { dwellMs, probeTimeoutMs } = this.#options;
    return nowMs - sinceMs >= Math.max(dwellMs, probeTimeoutMs);
  }

  /** The trial is over. in  succeeded   null where it said nothing */
  #tried(succeeded: boolean | null): void {
    const { place } = this.#trial!;
    this.#trial = undefined;
    if (succeeded === null) return;
    const trial = { succeeded, isCall: true };
    this.#go(afterTrial(this.#position, place, trial, this.#options, this.#parts.env.now()), OURSELVES, 'recovered');
  }

  #go(next: Position, by: string, reason: string): void {
    const from = this.current;
    this.#position = next;
    this.current = this.order[next.at]!;
    if (from === this.current) return;
    this.#switches++;
    this.#arm();
    this.#parts.onSwitched({ from, to: this.current, by, reason });
  }

  /** While a better one is out of force it is probed: first when the dwell is over, then again and again. */
  #arm(): void {
    const { probe, dwellMs, probeEveryMs } = this.#options;
    const isNeeded = this.#isOpen && probe !== undefined && this.#position.at > 0;
    if (!isNeeded || this.#timer !== undefined || this.#probing !== undefined) return;
    const { env } = this.#parts;
    const dwelledMs = env.now() - this.#position.sinceMs;
    this.#timer = env.setTimer(() => void this.#probe(), Math.max(dwellMs - dwelledMs, probeEveryMs), false);
  }

  async #probe(): Promise<void> {
    this.#timer = undefined;
    const { env } = this.#parts;
    const round = (this.#probing = new AbortController());
    const tried = this.order.map(async (provider, place) => {
      if (!mayBeTried(this.#position, place, this.#options, env.now())) return;
      const { probe, probeTimeoutMs } = this.#options;
      const error = await within(env, probeTimeoutMs, round, async (signal) =>
        mustBeWell(await this.#probesOut.ask(provider, () => probe!(provider, { signal }))),
      );
      if (round.signal.aborted && !this.#isOpen) return;
      const trial = { succeeded: error === undefined, isCall: false };
      this.#go(afterTrial(this.#position, place, trial, this.#options, env.now()), OURSELVES, 'recovered');
    });
    await Promise.all(tried);
    this.#probing = undefined;
    this.#arm();
  }
}
