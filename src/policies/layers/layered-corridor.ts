/**
 * A call's way through layers in the user's own order: plain wrappers, one around the other.
 *
 * The slow twin of the fused frame of `corridor.ts`: in the default order both do the same, and
 * `test/laws/layers.test.ts` holds them to it.
 */
import type { GivenCall, Protected } from '../../core/call.ts';
import type { Vote } from '../../core/outcome.ts';
import { rejectSoon } from '../../core/reject-soon.ts';
import { CallCounts } from '../call-counts.ts';
import { door } from './door.ts';
import type { Layer, Way } from './layer.ts';
import { LayeredCall } from './layered-call.ts';

export class LayeredCorridor {
  readonly name: string;
  readonly counts = new CallCounts();
  readonly #way: Way;

  /** in  layers   the outermost first;   toVote   what an error of the function counts for; never throws */
  constructor(name: string, layers: readonly Layer[], toVote: (error: unknown) => Vote) {
    this.name = name;
    this.#way = layers.reduceRight((inner, layer) => layer(inner), door(toVote));
  }

  /** Make a call. Settles as `Pipeline.execute` does. */
  make(fn: Protected<unknown>, given: GivenCall): Promise<unknown> {
    try {
      return new LayeredCall(this.name, this.counts, fn, given).make(this.#way);
    } catch (error) {
      return rejectSoon(error);
    }
  }
}
