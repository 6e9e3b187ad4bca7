/**
 * Windowed lines added up as they come, where a question does not tell them apart: however many there are, only what is
 * told apart is remembered.
 */
import type { WindowedLine } from './ledger.ts';
import { addUnder, type LineSum } from './line-sum.ts';
import type { UsageDimension } from './usage-rows.ts';

export class UsageFold {
  readonly #groupBy: ReadonlySet<UsageDimension>;
  readonly #windows = new Map<string, Pick<WindowedLine, 'windowStartWallMs' | 'windowMs'>>();
  readonly #sums = new Map<string, LineSum>();

  constructor(groupBy: readonly UsageDimension[]) {
    this.#groupBy = new Set(groupBy);
  }

  get size(): number {
    return this.#sums.size;
  }

  /** In the order of their first line. Names that are not told apart are empty; a window that is not is the first. */
  get lines(): readonly WindowedLine[] {
    return Array.from(this.#sums, ([key, line]) => ({ ...this.#windows.get(key)!, line }));
  }

  add({ windowStartWallMs, windowMs, line }: WindowedLine): void {
    const by = this.#groupBy;
    const { tenant, operation, tier, agent } = line.group;
    const group = {
      tenant: by.has('tenant') ? tenant : '',
      operation: by.has('operation') ? operation : '',
      tier: by.has('tier') ? tier : '',
      agent: by.has('agent') ? agent : '',
    };
    const key = JSON.stringify([by.has('window') && [windowStartWallMs, windowMs], ...Object.values(group)]);
    if (!this.#sums.has(key)) this.#windows.set(key, { windowStartWallMs, windowMs });
    addUnder(this.#sums, key, { ...line, group });
  }
}
