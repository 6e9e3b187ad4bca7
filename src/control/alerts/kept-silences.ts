/** The silences that outlive the process; how much is left of one is as with the level's holds. */
import { describe } from '../../core/describe.ts';
import type { Env } from '../../core/env.ts';
import type { Keep } from '../../core/keep.ts';
import { milliseconds, name, parseOptions, z } from '../../core/schema.ts';
import { remainingMs } from '../../core/remaining-ms.ts';

const keptSilence = z.object({
  rule: name().optional(),
  component: name().optional(),
  by: name(),
  reason: name(),
  forMs: milliseconds(1),
  atWallMs: z.number({ error: 'milliseconds since 1970' }),
});

export interface SilencedFor {
  readonly rule?: string | undefined;
  readonly component?: string | undefined;
  readonly by: string;
  readonly reason: string;
  readonly forMs: number;
}

export class KeptSilences {
  readonly #keep: Keep;
  readonly #env: Pick<Env, 'wall'>;

  constructor(keep: Keep, env: Pick<Env, 'wall'>) {
    this.#keep = keep;
    this.#env = env;
  }

  put(id: string, silence: SilencedFor): void {
    this.#keep.put('silence', id, { ...silence, atWallMs: this.#env.wall() });
  }

  forget(id: string): void {
    this.#keep.put('silence', id, null);
  }

  /** Those that are not over, with what is left of them. in  onBad   told of each that nobody of ours has kept */
  async read(onBad: (error: unknown) => void): Promise<readonly SilencedFor[]> {
    const silences: SilencedFor[] = [];
    for (const [id, kept] of await this.#keep.all('silence')) {
      try {
        const { atWallMs, forMs, ...silence } = parseOptions(keptSilence, kept, `kept silence ${describe(id)}`);
        const leftMs = remainingMs(forMs, atWallMs, this.#env.wall());
        if (leftMs > 0) silences.push({ ...silence, forMs: leftMs });
        else this.forget(id);
      } catch (error) {
        onBad(error);
        this.forget(id);
      }
    }
    return silences;
  }
}
