/** One claim's measurements: what a file in `suites/` exports, and what `suite-process.ts` runs in a fresh process. */
import type { Plan } from './plan.ts';
import type { Row } from './row.ts';

/** Told as a suite goes on: a share, 0…1, of what it has to do. */
export type Progress = (share: number) => void;

export interface Suite {
  run(plan: Plan, progress: Progress): Promise<Row[]>;
}
