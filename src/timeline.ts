/** What happened lately, for a viewer who comes late: transitions, and one sample a health tick. */
import { noOutcomes, OUTCOMES, type OutcomeCounts } from './core/outcome.ts';
import type { HealthReading, SampleReading, Section, TransitionReading } from './core/readings.ts';
import { Recent } from './core/recent.ts';

const TRANSITIONS = 64;
const SAMPLES = 120;

export class Timeline {
  readonly #transitions = new Recent<TransitionReading>(TRANSITIONS);
  readonly #samples = new Recent<SampleReading>(SAMPLES);
  #counted: OutcomeCounts = noOutcomes();

  get transitions(): Section<TransitionReading> {
    return this.#transitions.section();
  }
  get samples(): Section<SampleReading> {
    return this.#samples.section();
  }

  transitioned(transition: TransitionReading): void {
    this.#transitions.add(transition);
  }

  /** in  counted   the calls that ended so far, by outcome: the sample holds those since the one before */
  sample(atMs: number, health: HealthReading, counted: OutcomeCounts): void {
    this.#samples.add({ atMs, score: health.score, outcomes: since(this.#counted, counted) });
    this.#counted = counted;
  }
}

function since(before: OutcomeCounts, now: OutcomeCounts): OutcomeCounts {
  const outcomes = noOutcomes();
  for (const outcome of OUTCOMES) outcomes[outcome] = now[outcome] - before[outcome];
  return Object.freeze(outcomes);
}
