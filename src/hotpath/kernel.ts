/**
 * The Wasm kernel over one shared memory: in the thread and, made of the same memory, in every worker.
 *
 * Two kernels may score at once. Only one may drain at a time: the scratch is one.
 */
import { KERNEL_BASE64 } from './kernel.generated.ts';
import type { SharedMemory } from './memory.ts';

/** What one look at all slots adds up to. */
export interface ScoreSum {
  /** Σ score of the slots that count. */
  readonly sum: number;
  /** How many count: all but disabled, metricsOnly and free ones. */
  readonly count: number;
  /** The lowest score; 1 when none counts. */
  readonly min: number;
}

export interface Kernel {
  /**
   * Score the first `used` slots. Reads only.
   *
   * in   used   at most the memory's slots; those of them that are free are left out
   */
  score(used: number, nowMs: number): ScoreSum;
  /**
   * Aggregate the ring's records [from, to) into the scratch.
   *
   * in   from, to   numbers modulo 2³², at most the ring's records apart
   * out  groups touched; `readScratch` reads them
   */
  drain(from: number, to: number): number;
}

interface Exports {
  score(capacity: number, used: number, nowMs: number): void;
  drain(ring: number, records: number, scratch: number, groups: number, from: number, to: number): number;
}

export function openKernel(memory: SharedMemory): Kernel {
  const { slots, ring, scratch } = memory;
  let reported: ScoreSum | undefined;
  const report = (sum: number, count: number, min: number): void => void (reported = { sum, count, min });

  const module = new WebAssembly.Module(Buffer.from(KERNEL_BASE64, 'base64'));
  const own: unknown = memory.memory;
  const imports = { env: { memory: own as WebAssembly.Memory }, score: { report } };
  const exports: unknown = new WebAssembly.Instance(module, imports).exports; // the browser's types differ from ours
  const wasm = exports as Exports;

  return {
    score: (used, nowMs) => {
      wasm.score(slots, used, nowMs);
      return reported!; // the kernel reports once a call
    },
    drain: (from, to) => wasm.drain(ring.at, ring.records, scratch.at, scratch.groups, from, to),
  };
}
