/** One claim, put to the test: ours and the peers in one run, as rows of the report. */
import { type Contestant, OURS } from './contestant.ts';
import { measure, type Measured } from './measure.ts';
import type { Plan } from './plan.ts';
import { quantile } from './quantile.ts';
import { rowFor } from './row-for.ts';
import type { Row } from './row.ts';
import type { Progress } from './suite.ts';

/** in  contestants   one of them named `holdfast`.   out  ours first, as `claim`; then the others */
export async function race(
  claim: string,
  contestants: readonly Contestant[],
  plan: Plan,
  progress: Progress,
): Promise<Row[]> {
  const measured = await measure(contestants, plan, progress);
  const entries = contestants.map((contestant, place) => ({ contestant, figures: measured[place]! }));
  const ours = entries.find(({ contestant }) => contestant.name === OURS);
  if (ours === undefined) throw new Error(`race "${claim}": expected a contestant named ${OURS}, received none`);

  const others = entries.filter((entry) => entry !== ours);
  const peers = others.filter(({ contestant }) => contestant.isFloor !== true);
  const ratio = Object.fromEntries(
    peers.map(({ contestant, figures }) => [contestant.name, ratioOf(ours.figures, figures)]),
  );
  return [
    rowFor(claim, { ...ours.figures, ratio }),
    ...others.map(({ contestant, figures }) => rowFor(`${claim} · ${contestant.name}`, figures)),
  ];
}

/** Round by round: what slowed the machine for a while slowed both. */
function ratioOf(ours: Measured, theirs: Measured): number {
  return quantile(
    ours.times.map((time, round) => time / theirs.times[round]!),
    0.5,
  );
}
