/** What happened lately, for a viewer who comes late: transitions, and one sample a health tick. */
import { OUTCOMES, type Outcome, type OutcomeCounts } from './core/outcome.ts';
import type { HealthReading, PipelineReading, SampleReading, Section, TransitionReading } from './core/readings.ts';
import { Recent } from './core/recent.ts';

const TRANSITIONS = 64;
const SAMPLES = 120;

export class Timeline {
  readonly #transitions = new Recent<TransitionReading>(TRANSITIONS);
  readonly #samples = new Recent<SampleReading>(SAMPLES);
  #counted = noOutcomes();

  get transitions(): Section<TransitionReading> {
    return this.#transitions.section();
  }
  get samples(): Section<SampleReading> {
    return this.#samples.section();
  }

  transitioned(transition: TransitionReading): void {
    this.#transitions.add(transition);
  }

  /** in  pipelines   all there are, as they stand now: the sample holds what was added since the one before */
  sample(atMs: number, health: HealthReading, pipelines: Iterable<PipelineReading>): void {
    const counted = noOutcomes();
    for (const { outcomes } of pipelines) for (const outcome of OUTCOMES) counted[outcome] += outcomes[outcome];
    this.#samples.add({ atMs, score: health.score, outcomes: since(this.#counted, counted) });
    this.#counted = counted;
  }
}

function noOutcomes(): Record<Outcome, number> {
  return { success: 0, failure: 0, ignored: 0, timeout: 0, aborted: 0, rejected: 0, fallback: 0 };
}

function since(before: OutcomeCounts, now: OutcomeCounts): OutcomeCounts {
  const outcomes = noOutcomes();
  for (const outcome of OUTCOMES) outcomes[outcome] = now[outcome] - before[outcome];
  return Object.freeze(outcomes);
}
