/**
 * What a compute worker does, as a pure function of the shared memory: the same in a thread, in the virtual pool, and
 * in this thread while the pool is down.
 */
import { openKernel, type ScoreSum } from './kernel.ts';
import type { SharedMemory } from './memory.ts';

export interface ScoreTask {
  readonly kind: 'score';
  /** Slots to look at. */
  readonly used: number;
  readonly nowMs: number;
}

export interface DrainTask {
  readonly kind: 'drain';
  /** The ring's records [from, to), numbers modulo 2³². */
  readonly from: number;
  readonly to: number;
}

export type WorkerTask = ScoreTask | DrainTask;
/** Of a score its sum; of a drain the groups it touched. */
export type WorkerAnswer = ScoreSum | number;

export function workerCore(shared: SharedMemory): (task: WorkerTask) => WorkerAnswer {
  const kernel = openKernel(shared);
  return (task) => (task.kind === 'score' ? kernel.score(task.used, task.nowMs) : kernel.drain(task.from, task.to));
}

const FILE = import.meta.url.endsWith('.ts') ? './compute-worker.ts' : './compute-worker.js';

/** The module a worker thread runs. */
export const workerEntry = new URL(FILE, import.meta.url);
