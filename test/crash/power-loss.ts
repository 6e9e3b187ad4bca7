/**
 * What a disk may hold after the power has failed: all that was synced, and of what was not, each step wholly, partly
 * or not at all. Pure.
 *
 * A write that is torn ends at a sector's bound. The order of unsynced steps is kept, so a later one may be there
 * without an earlier one, which is what a drive's cache does. That a file exists is taken to be durable.
 */
import type { DiskStep } from './disk-log.ts';

const SECTOR = 512;

export type Disk = ReadonlyMap<string, Buffer>;
type Change = Exclude<DiskStep, { kind: 'sync' | 'ack' }>;

/** in  steps   those before the failure;   random   uniform in [0, 1) */
export function diskAfterPowerLoss(steps: readonly DiskStep[], random: () => number): Disk {
  const disk = new Map<string, Buffer>();
  let unsynced: Change[] = [];
  for (const step of steps) {
    if (step.kind === 'ack') continue;
    if (step.kind !== 'sync') {
      unsynced.push(step);
      continue;
    }
    for (const change of unsynced) if (change.file === step.file) apply(disk, change);
    unsynced = unsynced.filter(({ file }) => file !== step.file);
  }
  for (const change of unsynced) applyPerhaps(disk, change, random);
  return disk;
}

/** The highest number acknowledged before the failure; 0 before the first. */
export function acknowledged(steps: readonly DiskStep[]): number {
  return steps.reduce((highest, step) => (step.kind === 'ack' ? Math.max(highest, step.number) : highest), 0);
}

function applyPerhaps(disk: Map<string, Buffer>, change: Change, random: () => number): void {
  const fate = random();
  if (fate < 0.4) apply(disk, change);
  else if (fate < 0.6 && change.kind === 'write') {
    const sectors = Math.floor((random() * change.bytes.length) / SECTOR);
    apply(disk, { ...change, bytes: change.bytes.subarray(0, sectors * SECTOR) });
  }
}

function apply(disk: Map<string, Buffer>, change: Change): void {
  const before = disk.get(change.file) ?? Buffer.alloc(0);
  switch (change.kind) {
    case 'remove':
      return void disk.delete(change.file);
    case 'truncate':
      return void disk.set(change.file, resized(before, change.size));
    case 'write': {
      const after = resized(before, Math.max(before.length, change.at + change.bytes.length));
      change.bytes.copy(after, change.at);
      return void disk.set(change.file, after);
    }
  }
}

function resized(bytes: Buffer, size: number): Buffer {
  const after = Buffer.alloc(size);
  bytes.copy(after);
  return after;
}
