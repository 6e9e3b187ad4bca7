/**
 * The power fails after each step of a recording, in several ways, and the store's own opening says what is left. A disk
 * that is, byte for byte, one there was before counts, and is not opened again: that is half of them (2026-11-30).
 */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import type { DiskStep } from './disk-log.ts';
import { type Disk, Drive } from './drive.ts';
import { type Recovered, recover } from './recover.ts';

export interface Recording {
  readonly steps: readonly DiskStep[];
  /** The file's name. */
  readonly name: string;
  /** What was on the disk before the first step. */
  readonly disk?: Disk;
  /** What its acknowledgements number. */
  readonly counted: 'batches' | 'transitions' | 'holds';
}

export interface Thoroughness {
  /** The power fails after each so-manieth step. */
  readonly every: number;
  /** Disks that chance makes at each such moment, beside the least and the most there can be. */
  readonly chances: number;
}

export interface Tally {
  readonly states: number;
  /** States in which something acknowledged is missing, and how much in the worst of them. */
  readonly lossy: number;
  readonly maxLost: number;
  /** Of them, those in which only the process ended: the disk has all it was given. */
  readonly lossyWhole: number;
  /** States that are not as they were after so many batches. */
  readonly broken: number;
  /** Of them, those in which the store found it out itself, and put the file aside. */
  readonly putAside: number;
  /** The first few. */
  readonly complaints: readonly string[];
}

const MAX_COMPLAINTS = 5;

/** in  folder   for the files of one state after the other */
export async function failEverywhere(
  recording: Recording,
  folder: string,
  { every, chances }: Thoroughness,
): Promise<Tally> {
  const { steps, disk: before, name, counted } = recording;
  const drive = new Drive(before);
  const complaints: string[] = [];
  const opened = new Map<string, Recovered>();
  let [states, lossy, maxLost, lossyWhole, broken, putAside] = [0, 0, 0, 0, 0, 0];
  for (const [index, step] of steps.entries()) {
    drive.take(step);
    if ((index + 1) % every !== 0 && index + 1 < steps.length) continue;
    for (const [way, disk] of disksOf(drive, chances, index)) {
      states++;
      const bytes = digestOf(disk);
      const recovered = opened.get(bytes) ?? (await recoverFrom(disk, folder, name));
      opened.set(bytes, recovered);
      const lost = Math.max(0, drive.acknowledged - recovered[counted]);
      maxLost = Math.max(maxLost, lost);
      lossy += Number(lost > 0);
      lossyWhole += Number(lost > 0 && way === WHOLE);
      broken += Number(recovered.complaints.length > 0);
      putAside += Number(recovered.isPutAside);
      const said = lost > 0 ? [`${lost} of ${drive.acknowledged} ${counted} are lost`] : [];
      for (const complaint of [...said, ...recovered.complaints].slice(0, MAX_COMPLAINTS - complaints.length))
        complaints.push(`after step ${index + 1} of ${steps.length}, ${way}: ${complaint}`);
    }
  }
  return { states, lossy, maxLost, lossyWhole, broken, putAside, complaints };
}

const WHOLE = 'all of it';

function* disksOf(drive: Drive, chances: number, step: number): Generator<readonly [string, Disk]> {
  yield ['what was synced', drive.synced];
  yield [WHOLE, drive.whole];
  for (let chance = 1; chance <= chances; chance++)
    yield [`chance ${chance}`, drive.afterPowerLoss(seededRandom(chance, `power ${step}`))];
}

function digestOf(disk: Disk): string {
  const hash = createHash('sha256');
  for (const [file, bytes] of [...disk].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${file} ${bytes.length}\n`).update(bytes);
  return hash.digest('hex');
}

async function recoverFrom(disk: Disk, folder: string, name: string): Promise<Recovered> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [file, bytes] of disk) writeFileSync(join(folder, file), bytes);
  return recover(join(folder, name));
}
