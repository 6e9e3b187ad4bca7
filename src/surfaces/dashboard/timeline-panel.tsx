/** What the runtime noticed and did about it, the newest first; the newest are also spoken. */
import type { Readings } from './live.ts';
import { HappeningMark } from './happening-mark.tsx';
import { toneOf } from './tones.ts';
import { moment, stateWord } from './words.ts';

type Happening = Readings['timeline'][string];

const SHOWN = 14;
/** One frame brings several, and each is to be heard. */
const SPOKEN = 4;

/** Subjects of what there is one of: its kind says it all. */
const ONLY_ONE: ReadonlySet<string> = new Set(['level', 'health', 'store']);

export function TimelinePanel({ timeline }: Pick<Readings, 'timeline'>) {
  const newest = Object.entries(timeline).slice(-SHOWN).toReversed();
  return (
    <section class="panel" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <ol class="spoken" aria-live="polite">
        {newest
          .slice(0, SPOKEN)
          .toReversed()
          .map(([number, happening]) => (
            <li key={number}>{spoken(happening)}</li>
          ))}
      </ol>
      {newest.length === 0 ? (
        <p class="quiet">Nothing yet: all is as it began.</p>
      ) : (
        <ol class="timeline">
          {newest.map(([number, happening]) => (
            <Row key={number} {...happening} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Row({ atMs, kind, subject, was, became, because }: Happening) {
  const what = ONLY_ONE.has(kind) ? '' : subject;
  return (
    <li>
      <span class="at number quiet">{moment(atMs)}</span>
      <span class="what" title={`${kind} ${what}`}>
        {what === '' ? kind : <span class="quiet">{kind} </span>}
        {what}
      </span>
      <span class={`became tone-${toneOf(kind, became)}`} title={became}>
        {was !== null && <span class="was quiet">{stateWord(was)} → </span>}
        <HappeningMark kind={kind} became={became} /> {stateWord(became)}
      </span>
      {because !== null && (
        <span class="because quiet" title={because}>
          {because}
        </span>
      )}
    </li>
  );
}

/** shape  'breaker payments went from closed to half-open' · 'alert breaker/payments: raised as warning' */
function spoken({ kind, subject, was, became }: Happening): string {
  const what = ONLY_ONE.has(kind) ? kind : `${kind} ${subject}`;
  return was === null ? `${what}: ${stateWord(became)}` : `${what} went from ${stateWord(was)} to ${stateWord(became)}`;
}
