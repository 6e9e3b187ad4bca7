/**
 * What a metered group's latencies come to, from the cells the kernel counts them in. Pure.
 *
 * A cell is half an octave, [1, 1.5) or [1.5, 2) times a power of two, and stands for the value that is at most a fifth
 * off from anything in it. That holds from 16 µs to 3 minutes; what is shorter or longer is put between the smallest
 * and the largest latency there was, which are exact.
 */
import { LATENCY_FIRST_OCTAVE } from '../../wasm/layout.ts';
import type { UsageLine } from './usage-line.ts';

/**
 * The latency that a share `q` of the calls did not exceed, in milliseconds; null when none was given.
 *
 * in      q in (0, 1]
 * shape   a hundred calls of 10 ms → 10;   of any calls with q = 1 the largest
 */
export function latencyQuantile(
  line: Pick<UsageLine, 'latencyCount' | 'latencyMinMs' | 'latencyMaxMs' | 'latencyCells'>,
  q: number,
): number | null {
  const { latencyCount, latencyMinMs, latencyMaxMs, latencyCells } = line;
  if (latencyCount === 0) return null;
  const rank = Math.ceil(q * latencyCount);
  if (rank >= latencyCount) return latencyMaxMs;
  let seen = 0;
  const cell = latencyCells.findIndex((count) => (seen += count) >= rank);
  const isLast = cell === -1 || cell === latencyCells.length - 1;
  return isLast ? latencyMaxMs : Math.min(Math.max(middleOf(cell), latencyMinMs), latencyMaxMs);
}

/** 2ab ÷ (a + b) of the cell's bounds, which is as far off from the one as from the other. */
function middleOf(cell: number): number {
  const octaveMs = 2 ** (LATENCY_FIRST_OCTAVE + (cell >> 1));
  return octaveMs * (cell % 2 === 0 ? 6 / 5 : 12 / 7);
}
