/**
 * The probes that are out: asked, and not settled. Whoever releases their attempt does not end them, and what heeds no
 * signal must not pile up on a service that is in trouble already; nor must a service whose probe hung once be lost.
 */
import type { Env } from '../../core/env.ts';
import { isLost } from '../health/may-ask.ts';

/** Of one service, at once. */
const MOST_OUT = 2;

interface Asked {
  readonly atMs: number;
}

export class ProbesOut {
  readonly #env: Pick<Env, 'now'>;
  readonly #out = new Map<string, Set<Asked>>();

  constructor(env: Pick<Env, 'now'>) {
    this.#env = env;
  }

  /** Ask, unless two are out that may still answer. Rejects as `probe` does */
  async ask(service: string, probe: () => unknown): Promise<unknown> {
    const nowMs = this.#env.now();
    const out = this.#out.get(service) ?? new Set<Asked>();
    for (const asked of out) if (isLost(asked.atMs, nowMs)) out.delete(asked);
    if (out.size >= MOST_OUT)
      throw new Error(`expected the probes of "${service}" before to have ended, found ${out.size} at work still`);
    const asked: Asked = { atMs: nowMs };
    this.#out.set(service, out.add(asked));
    try {
      return await probe();
    } finally {
      out.delete(asked);
      if (out.size === 0 && this.#out.get(service) === out) this.#out.delete(service);
    }
  }
}
