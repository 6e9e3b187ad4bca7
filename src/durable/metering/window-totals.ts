/**
 * What was used, by window and group. Exact for ever; which window it was in is remembered for so many lines, and then
 * the two oldest windows, those that were begun first, become one that spans both.
 */
import type { GroupNames } from '../../hotpath/metering-groups.ts';
import type { UsageLine } from '../../hotpath/usage-line.ts';
import type { Batch, UsageQuery, WindowedLine } from './ledger.ts';
import { addUnder, type LineSum } from './line-sum.ts';

/** A line is about half a kilobyte. */
const MAX_LINES = 16_384;

interface Window {
  readonly startWallMs: number;
  readonly ms: number;
  /** By the names object of a run's group: a run has one for each group, and another run has others. */
  readonly lines: Map<GroupNames, LineSum>;
}

export class WindowTotals {
  /** By start, in the order they were begun in, which is another one where the wall clock jumped. */
  readonly #windows = new Map<number, Window>();
  readonly #maxLines: number;
  #lines = 0;

  constructor(maxLines = MAX_LINES) {
    this.#maxLines = maxLines;
  }

  add({ windowStartWallMs, windowMs, lines }: Batch): void {
    let window = this.#windows.get(windowStartWallMs);
    if (window === undefined) {
      window = { startWallMs: windowStartWallMs, ms: windowMs, lines: new Map() };
      this.#windows.set(windowStartWallMs, window);
    }
    this.#addTo(window, lines);
    while (this.#lines > this.#maxLines && this.#windows.size > 1) this.#foldOldest();
  }

  /** A folded window counts as beginning where its first one began. Two runs of one group are one line. */
  matching({ tenant, fromWallMs = -Infinity, toWallMs = Infinity }: UsageQuery): readonly WindowedLine[] {
    const found: WindowedLine[] = [];
    for (const { startWallMs, ms, lines } of inOrder(this.#windows.values())) {
      if (startWallMs < fromWallMs || startWallMs >= toWallMs) continue;
      const merged = new Map<string, LineSum>();
      for (const line of lines.values())
        if (tenant === undefined || line.group.tenant === tenant) addUnder(merged, keyOf(line.group), line);
      for (const line of merged.values()) found.push({ windowStartWallMs: startWallMs, windowMs: ms, line });
    }
    return found;
  }

  #addTo(window: Window, lines: Iterable<UsageLine>): void {
    const before = window.lines.size;
    for (const line of lines) addUnder(window.lines, line.group, line);
    this.#lines += window.lines.size - before;
  }

  #foldOldest(): void {
    const [[key, oldest], [nextKey, next]] = this.#windows.entries() as unknown as [[number, Window], [number, Window]];
    const startWallMs = Math.min(oldest.startWallMs, next.startWallMs);
    const endWallMs = Math.max(oldest.startWallMs + oldest.ms, next.startWallMs + next.ms);
    const folded: Window = { startWallMs, ms: endWallMs - startWallMs, lines: oldest.lines };
    this.#windows.set(key, folded); // where the oldest was: in front
    this.#windows.delete(nextKey);
    this.#lines -= next.lines.size;
    this.#addTo(folded, next.lines.values());
  }
}

function inOrder(windows: Iterable<Window>): readonly Window[] {
  return [...windows].toSorted((a, b) => a.startWallMs - b.startWallMs);
}

function keyOf({ tenant, operation, tier, agent }: GroupNames): string {
  return JSON.stringify([tenant, operation, tier, agent]);
}
