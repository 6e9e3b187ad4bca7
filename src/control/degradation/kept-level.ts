/**
 * What of the level outlives the process. Between two processes there is only the wall clock, and it may jump: what is
 * left of a hold is never more than it was made for.
 */
import type { Env } from '../../core/env.ts';
import type { Keep } from '../../core/keep.ts';
import { levelName } from '../../core/levels.ts';
import type { Level } from '../../core/readings.ts';
import { group, milliseconds, name, parseOptions, z } from '../../core/schema.ts';
import { remainingMs } from '../../core/remaining-ms.ts';

const keptLevel = group({ level: levelName });
const keptOverride = group({
  level: levelName,
  by: name(),
  reason: name(),
  forMs: milliseconds(1),
  atWallMs: z.number({ error: 'milliseconds since 1970' }),
});

interface HeldFor {
  readonly level: Level;
  readonly by: string;
  readonly reason: string;
  readonly forMs: number;
}

export class KeptLevel {
  readonly #keep: Keep;
  readonly #env: Pick<Env, 'wall'>;

  constructor(keep: Keep, env: Pick<Env, 'wall'>) {
    this.#keep = keep;
    this.#env = env;
  }

  level(level: Level): void {
    this.#keep.put('degradation', 'level', { level });
  }

  override(held: HeldFor | null): void {
    this.#keep.put('degradation', 'override', held && { ...held, atWallMs: this.#env.wall() });
  }

  /**
   * in   onBad   told of what nobody of ours has kept
   * out  `forMs` is what is left
   */
  async read(
    onBad: (error: unknown) => void,
  ): Promise<{ readonly level: Level | undefined; readonly override: HeldFor | undefined }> {
    const all = await this.#keep.all('degradation');
    const readable = <T>(id: string, read: (kept: object) => T): T | undefined => {
      try {
        const kept = all.get(id);
        return kept && read(kept);
      } catch (error) {
        onBad(error);
        return undefined;
      }
    };
    return {
      level: readable('level', (kept) => parseOptions(keptLevel, kept, 'kept level').level),
      override: readable('override', (kept) => this.#leftOf(parseOptions(keptOverride, kept, 'kept override'))),
    };
  }

  #leftOf({ atWallMs, forMs, ...held }: z.output<typeof keptOverride>): HeldFor | undefined {
    const leftMs = remainingMs(forMs, atWallMs, this.#env.wall());
    if (leftMs > 0) return { ...held, forMs: leftMs };
    this.override(null);
    return undefined;
  }
}
