/**
 * What happened lately, for a viewer who comes late: what the runtime noticed and did about it, every transition, and
 * one sample a health tick.
 *
 * Transitions come straight from the breakers, because a storm of keyed ones must not pay for events nobody hears. So
 * one that a listener makes is numbered before what was emitted earlier and still waits its turn.
 */
import type { Dispatcher } from './core/dispatcher.ts';
import type { EventPayload, EventType } from './core/events.ts';
import { TOLD_TYPES } from './core/happening.ts';
import { Happenings } from './core/happenings.ts';
import { noOutcomes, OUTCOMES, type OutcomeCounts } from './core/outcome.ts';
import type { HappeningReading, HealthReading, SampleReading, Section, TransitionReading } from './core/readings.ts';
import { Recent } from './core/recent.ts';

const TRANSITIONS = 64;
const SAMPLES = 120;

export class Timeline {
  readonly #transitions = new Recent<TransitionReading>(TRANSITIONS);
  readonly #samples = new Recent<SampleReading>(SAMPLES);
  readonly #happenings = new Happenings();
  #counted: OutcomeCounts = noOutcomes();

  constructor(dispatcher: Pick<Dispatcher, 'on'>) {
    for (const type of TOLD_TYPES) if (type !== 'breaker.transitioned') this.#hear(dispatcher, type);
  }

  get happenings(): Section<HappeningReading> {
    return this.#happenings.section();
  }
  get transitions(): Section<TransitionReading> {
    return this.#transitions.section();
  }
  get samples(): Section<SampleReading> {
    return this.#samples.section();
  }

  /** in  event   the same, as it is told to listeners */
  transitioned(transition: TransitionReading, event: EventPayload<'breaker.transitioned'>): void {
    this.#transitions.add(transition);
    this.#happenings.add('breaker.transitioned', event, transition.atMs);
  }

  /** in  counted   the calls that ended so far, by outcome: the sample holds those since the one before */
  sample(atMs: number, health: HealthReading, counted: OutcomeCounts): void {
    this.#samples.add({ atMs, score: health.score, outcomes: since(this.#counted, counted) });
    this.#counted = counted;
  }

  #hear(dispatcher: Pick<Dispatcher, 'on'>, type: EventType): void {
    dispatcher.on(type, (event) => this.#happenings.add(type, event, event.atMs));
  }
}

function since(before: OutcomeCounts, now: OutcomeCounts): OutcomeCounts {
  const outcomes = noOutcomes();
  for (const outcome of OUTCOMES) outcomes[outcome] = now[outcome] - before[outcome];
  return Object.freeze(outcomes);
}
