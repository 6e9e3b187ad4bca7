/** What became of a pipeline's calls: exactly one outcome each. */
import { nullRecord } from '../core/null-record.ts';
import type { Outcome } from '../core/outcome.ts';
import type { PipelineReading } from '../core/readings.ts';

export class CallCounts {
  #calls = 0;
  #inFlight = 0;
  #late = 0;
  readonly #outcomes: Record<Outcome, number> = {
    success: 0,
    failure: 0,
    ignored: 0,
    timeout: 0,
    aborted: 0,
    rejected: 0,
    fallback: 0,
  };
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
