/** The hands on features that outlive the process; how much is left of one is as with the level's. */
import type { Env } from '../../core/env.ts';
import type { Keep } from '../../core/keep.ts';
import { flag, group, milliseconds, name, parseOptions, z } from '../../core/schema.ts';
import { remainingMs } from '../degradation/remaining-ms.ts';

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
   * out     `forMs` is what is left
   * throws  INVALID_OPTIONS for what nobody of ours has kept
   */
  async read(limit: number): Promise<ReadonlyMap<string, HeldFor>> {
    const holds = new Map<string, HeldFor>();
    for (const [feature, kept] of await this.#keep.all('flag')) {
      if (holds.size === limit) break;
      const { atWallMs, forMs, ...held } = parseOptions(keptHold, kept, `kept flag ${JSON.stringify(feature)}`);
      const leftMs = forMs === undefined ? undefined : remainingMs(forMs, atWallMs, this.#env.wall());
      if (leftMs === 0) this.put(feature, null);
      else holds.set(feature, { ...held, forMs: leftMs });
    }
    return holds;
  }
}
