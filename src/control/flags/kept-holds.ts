/** The hands on features that outlive the process; how much is left of one is as with the level's. */
import type { Env } from '../../core/env.ts';
import type { Keep } from '../../core/keep.ts';
import { flag, group, milliseconds, name, parseOptions, z } from '../../core/schema.ts';
import { remainingMs } from '../../core/remaining-ms.ts';

const keptHold = group({
  enabled: flag(),
  by: name(),
  reason: name(),
  forMs: milliseconds(1).optional(),
  atWallMs: z.number({ error: 'milliseconds since 1970' }),
});

interface HeldFor {
  readonly enabled: boolean;
  readonly by: string;
  readonly reason: string;
  readonly forMs?: number | undefined;
}

export class KeptHolds {
  readonly #keep: Keep;
  readonly #env: Pick<Env, 'wall'>;

  constructor(keep: Keep, env: Pick<Env, 'wall'>) {
    this.#keep = keep;
    this.#env = env;
  }

  put(feature: string, held: HeldFor | null): void {
    this.#keep.put('flag', feature, held && { ...held, atWallMs: this.#env.wall() });
  }

  /**
   * in      limit   more of them are left alone
   *         onBad   told of each that nobody of ours has kept
   * out     `forMs` is what is left
   */
  async read(limit: number, onBad: (error: unknown) => void): Promise<ReadonlyMap<string, HeldFor>> {
    const holds = new Map<string, HeldFor>();
    for (const [feature, kept] of await this.#keep.all('flag')) {
      if (holds.size === limit) break;
      try {
        const left = this.#leftOf(parseOptions(keptHold, kept, `kept flag ${JSON.stringify(feature)}`));
        if (left === undefined) this.put(feature, null);
        else holds.set(feature, left);
      } catch (error) {
        onBad(error);
      }
    }
    return holds;
  }

  #leftOf({ atWallMs, forMs, ...held }: z.output<typeof keptHold>): HeldFor | undefined {
    if (forMs === undefined) return held;
    const leftMs = remainingMs(forMs, atWallMs, this.#env.wall());
    return leftMs === 0 ? undefined : { ...held, forMs: leftMs };
  }
}
