/**
 * Power failures: a program that keeps a store is recorded, the power fails after each of its steps in several ways, and
 * the store opens what is left. How many of the steps, and in how many ways by chance, is said by POWER_LOSS_EVERY and
 * POWER_LOSS_CHANCES: each 17th step and one here, every step and five in `.ci/run`, where each row is printed as
 * DESIGN.md has it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { crashFolder } from './crash-folder.ts';
import { canTrace, recordDisk } from './disk-log.ts';
import { type Disk, Drive } from './drive.ts';
import type { Pragmas } from './fixtures/store-with-pragmas.ts';
import { failEverywhere, type Recording, type Tally } from './power-loss.ts';

const STORING = fileURLToPath(new URL('./fixtures/storing.ts', import.meta.url));
const NAME = 'sea.db';
const EVERY = Number(process.env['POWER_LOSS_EVERY'] ?? 17);
const CHANCES = Number(process.env['POWER_LOSS_CHANCES'] ?? 1);
/** No program does fewer, so there are no fewer states than come of them. */
const FEWEST_STEPS = 600;
/** A checkpoint every other batch, where the store's own would need thousands. */
const OFTEN: Pragmas = { wal_autocheckpoint: 40 };

const isTraced = await canTrace();
const SOUND = { lossyWhole: 0, broken: 0, putAside: 0 };

if (!isTraced)
  process.stderr.write('Power failures were not tried: there is no strace on this machine, or it may not trace.\n');

async function recorded(
  counted: Recording['counted'],
  { rounds, pragmas = {}, disk }: { rounds: number; pragmas?: Pragmas; disk?: Disk },
): Promise<Recording> {
  const folder = join(crashFolder(), 'recorded');
  mkdirSync(folder);
  for (const [file, bytes] of disk ?? []) writeFileSync(join(folder, file), bytes);
  const program = [process.execPath, STORING, join(folder, NAME), counted, String(rounds), JSON.stringify(pragmas)];
  const steps = await recordDisk(join(folder, NAME), join(folder, 'trace'), program);
  return { steps, name: NAME, counted, ...(disk !== undefined && { disk }) };
}

async function tried(title: string, recording: Recording): Promise<Tally> {
  expect(recording.steps.length).toBeGreaterThanOrEqual(FEWEST_STEPS);
  const tally = await failEverywhere(recording, join(crashFolder(), 'state'), { every: EVERY, chances: CHANCES });
  const { states, lossy, maxLost, broken, putAside } = tally;
  if (EVERY === 1) process.stdout.write(`| ${[title, states, lossy, maxLost, broken, putAside].join(' | ')} |\n`);
  return tally;
}

const options = { timeout: 600_000 };

test.skipIf(!isTraced)(
  'P1 P2 M2, fault 14: no batch that was acknowledged is lost with the power, none is there twice, and what is there is a beginning',
  options,
  async () => {
    const tally = await tried('batches of metering: FULL', await recorded('batches', { rounds: 40 }));

    expect(tally).toMatchObject({ ...SOUND, lossy: 0, complaints: [] });
  },
);

test.skipIf(!isTraced)('P1 P2 M2: nor while the log is written into the file', options, async () => {
  const tally = await tried('the same, many checkpoints', await recorded('batches', { rounds: 40, pragmas: OFTEN }));

  expect(tally).toMatchObject({ ...SOUND, lossy: 0, complaints: [] });
});

test.skipIf(!isTraced)(
  'P1 P2, fault 39: nor when it fails again while a store recovers from the first time',
  options,
  async () => {
    const first = await recorded('batches', { rounds: 40, pragmas: OFTEN });
    const drive = new Drive();
    for (const step of first.steps.slice(0, first.steps.length * 0.4)) drive.take(step);

    const tally = await tried(
      'the same, failing again',
      await recorded('batches', { rounds: 40, pragmas: OFTEN, disk: drive.synced }),
    );

    expect(tally).toMatchObject({ ...SOUND, lossy: 0, complaints: [] });
  },
);

test.skipIf(!isTraced)(
  'P1 P2: what is kept for the next start is the last that was acknowledged, or later',
  options,
  async () => {
    const tally = await tried(
      'what is kept for a start: FULL',
      await recorded('holds', { rounds: 40, pragmas: OFTEN }),
    );

    expect(tally).toMatchObject({ ...SOUND, lossy: 0, complaints: [] });
  },
);

test.skipIf(!isTraced).each([
  ['history: NORMAL', {}],
  ['history: NORMAL, many checkpoints', OFTEN],
])('P1 P2: %s is a beginning of what it was, and whole when only the process ends', options, async (title, pragmas) => {
  const tally = await tried(title, await recorded('transitions', { rounds: 80, pragmas }));

  expect(tally).toMatchObject(SOUND);
});

test.skipIf(!isTraced)(
  'without syncs, which no option of ours turns off, the same trial finds losses and broken files, and P9 each found out is put aside',
  options,
  async () => {
    const pragmas = { ...OFTEN, synchronous: 'OFF' };
    const tally = await tried(
      'batches with synchronous OFF: not offered',
      await recorded('batches', { rounds: 40, pragmas }),
    );

    expect(tally.lossyWhole).toBe(0);
    expect(tally.lossy).toBeGreaterThan(0);
    expect(tally.broken).toBeGreaterThan(0);
    expect(tally.putAside).toBeGreaterThan(0);
  },
);
