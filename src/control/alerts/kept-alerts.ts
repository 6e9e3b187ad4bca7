/**
 * What must outlive the process of an alert: that people were told of it. Whoever opened an incident has to close it,
 * and the process that comes after is the only one who can.
 */
import { describe } from '../../core/describe.ts';
import type { Keep } from '../../core/keep.ts';
import { name, parseOptions, z } from '../../core/schema.ts';
import type { Alert } from './alert.ts';

const keptAlert = z.object({
  id: name(),
  rule: name(),
  component: z.string(),
  message: z.string(),
  told: z.array(name()),
  severity: z.enum(['info', 'warning', 'critical']).default('warning'), // that of files written before it was kept
  acknowledgedBy: name().nullable(),
});
export type KeptAlert = z.output<typeof keptAlert>;

export class KeptAlerts {
  readonly #keep: Keep;

  constructor(keep: Keep) {
    this.#keep = keep;
  }

  put({ id, rule, component, message, told, acknowledgedBy }: Alert): void {
    const kept: KeptAlert = {
      id,
      rule: rule.name,
      component,
      message,
      told: [...told],
      acknowledgedBy,
      severity: rule.severity,
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
