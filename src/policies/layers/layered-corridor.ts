/**
 * A call's way through layers in the user's own order: plain wrappers, one around the other.
 *
 * The slow twin of the fused frame of `corridor.ts`: in the default order both do the same, and
 * `test/laws/layers.test.ts` holds them to it.
 */
import type { GivenCall, Protected } from '../../core/call.ts';
import type { Env } from '../../core/env.ts';
import type { Outcome, Vote } from '../../core/outcome.ts';
import type { ProviderSeat } from '../../core/provider-seat.ts';
import { rejectSoon } from '../../core/reject-soon.ts';
import { CallCounts } from '../call-counts.ts';
import type { CallMeter } from '../call-meter.ts';
import type { Fallback } from '../fallback/fallback.ts';
import { door } from './door.ts';
import { fallbackLayer } from './fallback-layer.ts';
import type { Layer, Way } from './layer.ts';
import { LayeredCall } from './layered-call.ts';

export interface LayeredParts {
  readonly env: Env;
  /** The outermost first. */
  readonly layers: readonly Layer[];
  /** Where calls read their provider. */
  readonly seat?: ProviderSeat | undefined;
  readonly meter?: CallMeter | undefined;
  /** What an error of the function counts for; never throws. */
  readonly toVote: (error: unknown) => Vote;
  /** Another's, to count together with it. */
  readonly counts?: CallCounts | undefined;
}

export class LayeredCorridor {
  readonly name: string;
  readonly counts: CallCounts;
  readonly #parts: LayeredParts;
  readonly #env: Env;
  readonly seat: ProviderSeat | undefined;
  readonly #meter: CallMeter | undefined;
  readonly #way: Way;

  constructor(name: string, parts: LayeredParts) {
    const { env, layers, seat, meter, toVote, counts } = parts;
    this.name = name;
    this.counts = counts ?? new CallCounts();
    this.#parts = parts;
    this.#env = env;
    this.seat = seat;
    this.#meter = meter;
    this.#way = layers.reduceRight((inner, layer) => layer(inner), door(toVote));
  }

  /** The same way, with an answer of last resort around it. */
  answeredBy(fallback: readonly Fallback[]): LayeredCorridor {
    const layers = [fallbackLayer(fallback), ...this.#parts.layers];
    return new LayeredCorridor(this.name, { ...this.#parts, layers, counts: this.counts });
  }

  /** Make a call. Settles as `Pipeline.execute` does. */
  make(fn: Protected<unknown>, given: GivenCall): Promise<unknown> {
    try {
      return new LayeredCall(this.name, this, fn, given, this.#metering(given)).make(this.#way);
    } catch (error) {
      return rejectSoon(error);
    }
  }

  #metering(given: GivenCall): ((outcome: Outcome) => void) | undefined {
    if (this.#meter === undefined) return undefined;
    const startedAt = this.#env.now();
    return (outcome) => this.#meter!.ended(given.tenant, outcome, this.#env.now() - startedAt);
  }
}
