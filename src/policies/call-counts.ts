/** What became of a pipeline's calls: exactly one outcome each. */
import { nullRecord } from '../core/null-record.ts';
import { noOutcomes, type Outcome, type OutcomeCounts } from '../core/outcome.ts';
import type { PipelineReading } from '../core/readings.ts';

export class CallCounts {
  #calls = 0;
  #inFlight = 0;
  #late = 0;
  readonly #outcomes = noOutcomes();
  readonly #rejections: Record<string, number> = nullRecord();

  begin(): void {
    this.#calls++;
    this.#inFlight++;
  }

  end(outcome: Outcome): void {
    this.#inFlight--;
    this.#outcomes[outcome]++;
  }

  /** A policy refused the call; its outcome is counted apart, when a fallback has or has not replaced it. */
  refused(code: string): void {
    this.#rejections[code] = (this.#rejections[code] ?? 0) + 1;
  }

  /** A function settled after its caller had been released. */
  late(): void {
    this.#late++;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** What ended so far, as it goes on growing: summed up for all pipelines once a second, without a reading. */
  get outcomes(): OutcomeCounts {
    return this.#outcomes;
  }

  reading(): Omit<PipelineReading, 'policies'> {
    return {
      calls: this.#calls,
      inFlight: this.#inFlight,
      outcomes: { ...this.#outcomes },
      rejections: Object.assign(nullRecord<number>(), this.#rejections),
      late: this.#late,
    };
  }
}
