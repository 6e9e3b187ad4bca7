/** The history strip: the score, the states of the breakers that changed, the outcomes of each second. */
import { historyOf, nearest, type History, type Lane, type Moment } from './history.ts';
import type { Live, Readings } from './live.ts';
import { OUTCOMES } from './outcomes.ts';
import { duration, moment, score, stateWord } from './words.ts';

interface HistoryProps extends Pick<Readings, 'samples' | 'transitions'> {
  readonly pointed: Live['pointed'];
}

export function HistoryPanel({ samples, transitions, pointed }: HistoryProps) {
  const history = historyOf(Object.values(samples), Object.values(transitions));
  const at = pointed.value;
  const read = at === null ? history.moments.at(-1) : nearest(history.moments, at);
  return (
    <section class="panel wide history" aria-labelledby="history">
      <h2 id="history">History</h2>
      <p class="reading quiet">{read && reading(read)}</p>
      <div class="strip" {...pointing(pointed)}>
        <ScorePlot history={history} />
        {history.lanes.map((lane) => (
          <StateLane key={lane.breaker} lane={lane} />
        ))}
        <RatePlot history={history} />
        {at !== null && read && <div class="cursor" style={{ left: `${read.x * 100}%` }} />}
      </div>
      <p class="ends quiet">
        <span>{duration(history.spanMs)} ago</span>
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
function ScorePlot({ history }: { readonly history: History }) {
  return (
    <figure class="plot score-plot">
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" role="img" aria-label={scoreWords(history)}>
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

function StateLane({ lane: { breaker, spells } }: { readonly lane: Lane }) {
  return (
    <div class="lane">
      <span class="label" title={breaker}>
        {breaker}
      </span>
      <ol aria-label={`States of ${breaker}`}>
        {spells.map(({ state, x, width, since }) => {
          const words = since
            ? `${breaker} ${stateWord(state)} since ${moment(since.atMs)}`
            : `${breaker} ${stateWord(state)}`;
          const place = { left: `${x * 100}%`, width: `${width * 100}%` };
          return (
            <li key={`${x} ${state}`} class={`spell state-${state}`} style={place} title={words} aria-label={words} />
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

function scoreWords({ moments, spanMs }: History): string {
  const scores = moments.map(({ sample }) => sample.score).filter((value) => value !== null);
  if (scores.length === 0) return 'No health score yet';
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const now = score(scores.at(-1) ?? null);
  return `Health score over the last ${duration(spanMs)}: between ${score(low)} and ${score(high)}, now ${now}`;
}
