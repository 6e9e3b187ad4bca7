/**
 * What must outlive the process of an alert: that people were told of it. Whoever opened an incident has to close it,
 * and the process that comes after is the only one who can.
 */
import { describe } from '../../core/describe.ts';
import type { Env } from '../../core/env.ts';
import type { Keep } from '../../core/keep.ts';
import { integer, name, parseOptions, z } from '../../core/schema.ts';
import { Alert } from './alert.ts';
import type { Rule } from './rule.ts';

const keptAlert = z.object({
  id: name(),
  rule: name(),
  component: z.string(),
  message: z.string(),
  told: z.array(name()),
  /** Of those that were told, who had not taken it yet; and who had no place for it. */
  underway: z.array(name()).default([]),
  heldBack: z.array(name()).default([]),
  severity: z.enum(['info', 'warning', 'critical']).default('warning'), // that of files written before it was kept
  acknowledgedBy: name().nullable(),
  escalations: integer(0, 1_000).default(0),
  /** By the wall clock, the only one there is between two processes: when it fired, and from when its escalation counts. */
  raisedWallMs: z.number().optional(),
  escalatesFromWallMs: z.number().optional(),
});
export type KeptAlert = z.output<typeof keptAlert>;

export class KeptAlerts {
  readonly #keep: Keep;
  readonly #env: Pick<Env, 'now' | 'wall'>;

  constructor(keep: Keep, env: Pick<Env, 'now' | 'wall'>) {
    this.#keep = keep;
    this.#env = env;
  }

  /** As it was, but for its state; the condition is taken to hold now, and until its rule has looked for long enough. */
  revive({ id, component, message, told, underway, ...kept }: KeptAlert, rule: Rule): Alert {
    const nowMs = this.#env.now();
    const raisedAtMs = nowMs - this.#agoMs(kept.raisedWallMs);
    const alert = new Alert(id, rule, { component, message }, raisedAtMs);
    alert.heldAtMs = nowMs;
    alert.unknownUntilMs = nowMs + (rule.windowMs ?? 0);
    alert.raisedAtMs = raisedAtMs;
    alert.escalatesFromMs = nowMs - this.#agoMs(kept.escalatesFromWallMs);
    alert.escalations = kept.escalations;
    alert.acknowledgedBy = kept.acknowledgedBy;
    for (const channel of told) (underway.includes(channel) ? alert.uncertain : alert.told).add(channel);
    for (const channel of kept.heldBack) alert.heldBack.add(channel);
    return alert;
  }

  /** How long ago that was, as far as can be known: a wall clock that was set back says nothing. */
  #agoMs(wallMs: number | undefined): number {
    return wallMs === undefined ? 0 : Math.max(0, this.#env.wall() - wallMs);
  }

  #wallOf(atMs: number | null): number | undefined {
    return atMs === null || atMs === Infinity ? undefined : this.#env.wall() - (this.#env.now() - atMs);
  }

  put(alert: Alert): void {
    const { id, rule, component, message, acknowledgedBy, escalations, raisedAtMs, escalatesFromMs } = alert;
    const { told, underway, uncertain, heldBack } = alert;
    const kept: KeptAlert = {
      id,
      rule: rule.name,
      severity: rule.severity,
      component,
      message,
      told: [...told, ...uncertain],
      underway: [...underway, ...uncertain],
      heldBack: [...heldBack],
      acknowledgedBy,
      escalations,
      raisedWallMs: this.#wallOf(raisedAtMs),
      escalatesFromWallMs: this.#wallOf(escalatesFromMs),
    };
    this.#keep.put('alert', id, kept);
  }

  forget({ id }: Pick<Alert, 'id'>): void {
    this.#keep.put('alert', id, null);
  }

  /** Those that can be read; told of the others. */
  async read(onFailed: (error: unknown) => void): Promise<readonly KeptAlert[]> {
    const all = await this.#keep.all('alert');
    return Array.from(all).flatMap(([id, kept]) => {
      try {
        return [parseOptions(keptAlert, kept, `kept alert ${describe(id)}`)];
      } catch (error) {
        onFailed(error);
        this.#keep.put('alert', id, null);
        return [];
      }
    });
  }
}
