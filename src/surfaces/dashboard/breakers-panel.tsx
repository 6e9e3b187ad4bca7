/** One card a breaker: its state, what its window holds, and when it tries again. */
import type { Readings } from './live.ts';
import { MOST_ROWS, More } from './more.tsx';
import { StateMark } from './state-mark.tsx';
import { count, milliseconds, moment, percent, stateWord } from './words.ts';

type Breaker = Readings['breakers'][string];
type Transition = Readings['transitions'][string];

export function BreakersPanel({ breakers, transitions }: Pick<Readings, 'breakers' | 'transitions'>) {
  const last = lastTransitions(transitions);
  const all = Object.entries(breakers);
  return (
    <section class="panel wide" aria-labelledby="breakers">
      <h2 id="breakers">Breakers</h2>
      <div class="cards">
        {worthACard(all).map(([name, breaker]) => (
          <BreakerCard key={name} name={name} breaker={breaker} last={last.get(name)} />
        ))}
      </div>
      <More of={all.length} shown={MOST_ROWS} />
    </section>
  );
}

/** All of them, as they came; of too many, those that are not closed first. */
function worthACard(all: readonly [string, Breaker][]): readonly [string, Breaker][] {
  if (all.length <= MOST_ROWS) return all;
  const closed = ([, { state }]: readonly [string, Breaker]): number => Number(state === 'closed');
  return all.toSorted((one, other) => closed(one) - closed(other)).slice(0, MOST_ROWS);
}

interface CardProps {
  readonly name: string;
  readonly breaker: Breaker;
  readonly last: Transition | undefined;
}

function BreakerCard({ name, breaker, last }: CardProps) {
  const { state, failureRate, total, p50Ms, p99Ms, notPermitted } = breaker;
  return (
    <article class={`card state-${state}`} data-breaker={name} data-state={state}>
      <h3>
        <StateMark state={state} />
        <span class="name" title={name}>
          {name}
        </span>
        <span class="word">{stateWord(state)}</span>
      </h3>
      <div class="failing">
        <span>failing</span>
        <div
          class="bar"
          role="meter"
          aria-label={`failing calls of ${name}`}
          aria-valuemin={0}
          aria-valuemax={100}
          {...meterValue(failureRate)}
        >
          <div class="fill" style={{ width: `${(failureRate ?? 0) * 100}%` }} />
        </div>
        <span class="number">{percent(failureRate)}</span>
      </div>
      <dl>
        <Fact term="calls" value={count(total)} />
        <Fact term="p50" value={milliseconds(p50Ms)} />
        <Fact term="p99" value={milliseconds(p99Ms)} />
        <Fact term="refused" value={count(notPermitted)} />
      </dl>
      <p class="quiet note">{note(breaker, last)}</p>
    </article>
  );
}

function Fact({ term, value }: { readonly term: string; readonly value: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd class="number">{value}</dd>
    </div>
  );
}

/** Without a value a meter says nothing about it, rather than zero. */
function meterValue(share: number | null) {
  return share === null ? { 'aria-valuetext': 'not known yet' } : { 'aria-valuenow': Math.round(share * 100) };
}

function note({ state, retryAfterMs }: Breaker, last: Transition | undefined): string {
  if (state === 'open' && retryAfterMs !== null) {
    return retryAfterMs > 0
      ? `tries again in ${(Math.ceil(retryAfterMs / 100) / 10).toFixed(1)} s`
      : 'the next call tries again';
  }
  return last ? `${stateWord(last.to)} since ${moment(last.atMs)} · ${last.rule}` : 'closed since the start';
}

function lastTransitions(transitions: Readings['transitions']): ReadonlyMap<string, Transition> {
  return new Map(Object.values(transitions).map((transition) => [transition.breaker, transition]));
}
