/** The power fails after each step of a recording, in several ways, and the store's own opening says what is left. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import type { DiskStep } from './disk-log.ts';
import { type Disk, Drive } from './drive.ts';
import { type Recovered, recover } from './recover.ts';

export interface Plan {
  readonly name: string;
  readonly folder: string;
  /** The power fails after each so-manieth step. */
  readonly every: number;
  /** Disks that chance makes at each such moment, beside the least and the most there can be. */
  readonly chances: number;
  /** What was acknowledged by its number. */
  readonly counted: 'batches' | 'transitions';
}

export interface Tally {
  readonly states: number;
  /** States in which something acknowledged is missing, and of how many in the worst of them. */
  lossy: number;
  maxLost: number;
  /** States that are not as they were after so many batches. */
  broken: number;
  readonly complaints: string[];
}

const MAX_COMPLAINTS = 5;

export async function failEverywhere(steps: readonly DiskStep[], plan: Plan): Promise<Tally> {
  const drive = new Drive();
  let states = 0;
  const tally = { lossy: 0, maxLost: 0, broken: 0, complaints: [] as string[] };
  for (const [index, step] of steps.entries()) {
    drive.take(step);
    if ((index + 1) % plan.every !== 0 && index + 1 < steps.length) continue;
    for (const [way, disk] of disksOf(drive, plan.chances, index)) {
      states++;
      const recovered = await recoverFrom(disk, plan);
      const lost = drive.acknowledged - recovered[plan.counted];
      if (lost > 0) tally.lossy++;
      tally.maxLost = Math.max(tally.maxLost, lost);
      if (recovered.complaints.length > 0) tally.broken++;
      const said = lost > 0 ? [`${lost} of ${drive.acknowledged} ${plan.counted} are lost`] : [];
      for (const complaint of [...said, ...recovered.complaints])
        if (tally.complaints.length < MAX_COMPLAINTS)
          tally.complaints.push(`after step ${index + 1} of ${steps.length}, ${way}: ${complaint}`);
    }
  }
  return { states, ...tally };
}

function* disksOf(drive: Drive, chances: number, step: number): Generator<readonly [string, Disk]> {
  yield ['what was synced', drive.synced];
  yield ['all of it', drive.whole];
  for (let chance = 1; chance <= chances; chance++)
    yield [`chance ${chance}`, drive.afterPowerLoss(seededRandom(chance, `power ${step}`))];
}

async function recoverFrom(disk: Disk, { folder, name }: Plan): Promise<Recovered> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [file, bytes] of disk) writeFileSync(join(folder, file), bytes);
  return recover(join(folder, name));
}
