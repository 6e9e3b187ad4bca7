/**
 * The history strip: the score, the states of the breakers that changed, what the runtime did about it, the outcomes of
 * each second. One look from top to bottom is one story.
 */
import { axisOf } from './axis.ts';
import { historyOf, nearest, type History, type Moment } from './history.ts';
import { breakerLanes } from './lanes/breaker-lanes.ts';
import type { Lane } from './lanes/lane.ts';
import { lanesOf } from './lanes/lanes-of.ts';
import type { Live, Readings } from './live.ts';
import { More } from './more.tsx';
import { OUTCOMES } from './outcomes.ts';
import { duration, moment, score } from './words.ts';

interface HistoryProps {
  readonly readings: Readings;
  readonly pointed: Live['pointed'];
}

export function HistoryPanel({ readings, pointed }: HistoryProps) {
  const samples = Object.values(readings.samples);
  const axis = axisOf(samples, Object.values(readings.transitions), Object.values(readings.timeline));
  const history = historyOf(samples, axis);
  const done = lanesOf(readings, axis);
  const at = pointed.value;
  const read = at === null ? history.moments.at(-1) : nearest(history.moments, at);
  return (
    <section class="panel wide history" aria-labelledby="history">
      <h2 id="history">History</h2>
      <p class="reading quiet">{read && reading(read)}</p>
      <div class="strip" {...pointing(pointed)}>
        <ScorePlot history={history} spanMs={axis.spanMs} />
        {[...breakerLanes(readings.transitions, axis), ...done.lanes].map((lane) => (
          <LaneRow key={`${lane.kind} ${lane.subject}`} lane={lane} />
        ))}
        <More of={done.of} shown={done.lanes.length} />
        <RatePlot history={history} />
        {at !== null && read && <div class="cursor" style={{ left: `${read.x * 100}%` }} />}
      </div>
      <p class="ends quiet">
        <span>{duration(axis.spanMs)} ago</span>
        <span>now</span>
      </p>
    </section>
  );
}

function pointing(pointed: Live['pointed']) {
  return {
    onPointerMove(event: PointerEvent) {
      const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
      pointed.value = (event.clientX - box.left) / box.width;
    },
    onPointerLeave: () => void (pointed.value = null),
  };
}

function reading({ sample, rate }: Moment): string {
  const outcomes = OUTCOMES.filter((outcome) => sample.outcomes[outcome] > 0);
  const counts = outcomes.map((outcome) => `${sample.outcomes[outcome]} ${outcome}`).join(', ');
  return `${moment(sample.atMs)} · score ${score(sample.score)} · ${Math.round(rate)} calls/s${counts && ` · ${counts}`}`;
}

/** A box of 1 × 1 stretched to the strip: strokes keep their width by `vector-effect`, words are HTML beside it. */
function ScorePlot({ history, spanMs }: { readonly history: History; readonly spanMs: number }) {
  return (
    <figure class="plot score-plot">
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" role="img" aria-label={scoreWords(history.moments, spanMs)}>
        <linearGradient id="by-status" gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="0" y2="1">
          <stop class="healthy" offset="0.3" />
          <stop class="degraded" offset="0.3" />
          <stop class="degraded" offset="0.5" />
          <stop class="critical" offset="0.5" />
        </linearGradient>
        <path class="threshold" d="M0 .3H1M0 .5H1" />
        <path class="line" d={history.line} />
      </svg>
      <span class="label at-healthy">0.7</span>
      <span class="label at-degraded">0.5</span>
      <figcaption class="label at-top">score</figcaption>
    </figure>
  );
}

function LaneRow({ lane: { kind, subject, spells } }: { readonly lane: Lane }) {
  const name = subject === '' ? kind : `${kind} ${subject}`;
  return (
    <div class={`lane of-${kind}`}>
      <span class="label" title={name}>
        {subject !== '' && <span class="kind">{kind} </span>}
        {subject || kind}
      </span>
      <ol aria-label={`States of ${name}`}>
        {spells.map(({ state, tone, x, width, words }) => {
          const place = { left: `${x * 100}%`, width: `${width * 100}%` };
          return (
            <li
              key={`${x} ${state}`}
              class={`spell tone-${tone} is-${state}`}
              style={place}
              title={words}
              aria-label={words}
            />
          );
        })}
      </ol>
    </div>
  );
}

function RatePlot({ history }: { readonly history: History }) {
  return (
    <figure class="plot rate-plot">
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" role="img" aria-label="Outcomes of each second, stacked">
        {OUTCOMES.map((outcome) => (
          <path key={outcome} class={`bars outcome-${outcome}`} d={history.bars[outcome]} />
        ))}
      </svg>
      <figcaption class="label at-top">{history.topRate} calls/s</figcaption>
    </figure>
  );
}

function scoreWords(moments: readonly Moment[], spanMs: number): string {
  const scores = moments.map(({ sample }) => sample.score).filter((value) => value !== null);
  if (scores.length === 0) return 'No health score yet';
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const now = score(scores.at(-1) ?? null);
  return `Health score over the last ${duration(spanMs)}: between ${score(low)} and ${score(high)}, now ${now}`;
}
