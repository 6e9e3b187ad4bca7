/**
 * A suite of several races, as one: each is run in turn and has an equal part of the progress.
 *
 * in  parts   called one after the other, each with its own progress
 */
import type { Row } from './row.ts';
import type { Progress } from './suite.ts';

export async function inTurn(
  progress: Progress,
  parts: readonly ((progress: Progress) => Promise<Row[]>)[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [place, part] of parts.entries())
    rows.push(...(await part((share) => progress((place + share) / parts.length))));
  return rows;
}
