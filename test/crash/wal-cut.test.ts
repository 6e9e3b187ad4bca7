/**
 * A log that ends anywhere: cut at each so-manieth byte, with nothing behind it or with zeros, as a file system leaves a
 * file that grew before its content came. WAL_CUT_EVERY says how often: each 211th byte here, each 7th in `.ci/run`.
 */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Writer } from '../durable/stores/store-rig.ts';
import { crashFolder } from './crash-folder.ts';
import { recordsOf } from './fixtures/plan.ts';
import { plannedCommit } from './planned-commit.ts';
import { recover } from './recover.ts';

const EVERY = Number(process.env['WAL_CUT_EVERY'] ?? 211);
const RUN = 'cut off';
/** In the file when the log begins. */
const BEFORE = 3;
const IN_LOG = 5;

interface CutOff {
  readonly file: Buffer;
  readonly log: Buffer;
  /** Where in the log each of its batches is complete. */
  readonly ends: readonly number[];
}

/** A store that is in the middle of its work. */
async function cutOff(path: string): Promise<CutOff> {
  const writer = new Writer(path);
  const ends: number[] = [];
  let cursor = 0;
  for (let batch = 1; batch <= BEFORE + IN_LOG; batch++) {
    if (batch === 1) await writer.open({ metering: { runId: RUN, sinks: [], cursor: 0 } });
    if (batch === BEFORE + 1) {
      await writer.close();
      await writer.open({ metering: { runId: RUN, sinks: [], cursor: 0 } });
    }
    await writer.write({ commits: [plannedCommit(batch, RUN, cursor)] });
    cursor += recordsOf(batch).length;
    if (batch > BEFORE) ends.push(statSync(`${path}-wal`).size);
  }
  const cut = { file: readFileSync(path), log: readFileSync(`${path}-wal`), ends };
  await writer.close();
  return cut;
}

test.each([
  ['nothing', (log: Buffer, at: number) => log.subarray(0, at)],
  ['zeros', (log: Buffer, at: number) => Buffer.concat([log.subarray(0, at)], log.length)],
])(
  `P1, fault 14: a log with %s from any byte on opens with the batches that were complete, knows the last of them, and takes the next`,
  { timeout: 600_000 },
  async (_behind, cutAt) => {
    const folder = crashFolder();
    const { file, log, ends } = await cutOff(join(folder, 'whole.db'));
    const state = join(folder, 'state');
    const path = join(state, 'cut.db');

    for (let at = 0; at <= log.length; at += EVERY) {
      rmSync(state, { recursive: true, force: true });
      mkdirSync(state);
      writeFileSync(path, file);
      writeFileSync(`${path}-wal`, cutAt(log, at));

      const { batches, complaints } = await recover(path, RUN);

      expect({ at, batches, complaints }).toEqual({
        at,
        batches: BEFORE + ends.filter((end) => end <= at).length,
        complaints: [],
      });
    }
  },
);
