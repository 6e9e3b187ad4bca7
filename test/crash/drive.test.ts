/** What the instrument makes of a trace: the disks that a power failure may leave. */
import { expect, test } from 'vitest';
import type { DiskStep } from './disk-log.ts';
import { type Disk, Drive } from './drive.ts';

const write = (text: string, at = 0): DiskStep => ({ kind: 'write', file: 'sea.db', at, bytes: Buffer.from(text) });
const SYNC: DiskStep = { kind: 'sync', file: 'sea.db' };
const SECTORS = 'a'.repeat(512) + 'b'.repeat(512);

function driveAfter(...steps: readonly DiskStep[]): Drive {
  const drive = new Drive();
  for (const step of steps) drive.take(step);
  return drive;
}

/** Chance as a list: the order, the share of the cache that was written out, then one change after the other. */
function saying(...values: readonly number[]): () => number {
  const left = [...values];
  return () => left.shift()!;
}

function text(disk: Disk): string | undefined {
  return disk.get('sea.db')?.toString().replaceAll('\0', '.');
}

test('what was synced is on the disk, whatever chance says', () => {
  const drive = driveAfter(write('kelp'), SYNC, write('!', 4));

  expect(text(drive.synced)).toBe('kelp');
  expect(text(drive.whole)).toBe('kelp!');
  expect(text(drive.afterPowerLoss(saying(0.9, 0, 0, 0.9)))).toBe('kelp');
});

test('a cache that is written out in order leaves a beginning, and the write after it torn', () => {
  const drive = driveAfter(write('kelp'), write(SECTORS, 4), write('never', 2_000));

  expect(text(drive.afterPowerLoss(saying(0.1, 0)))).toBeUndefined();
  expect(text(drive.afterPowerLoss(saying(0.1, 0.4, 0.1, 0.9, 0.9)))).toBe(`kelp${'a'.repeat(508)}`);
  expect(text(drive.afterPowerLoss(saying(0.1, 0.9)))).toBe(text(drive.whole));
});

test('a cache that is written out in any order may leave the last write without the first', () => {
  const drive = driveAfter(write('kelp'), write('weed', 4));

  expect(text(drive.afterPowerLoss(saying(0.9, 0.5, 0.6, 0.6, 0.4)))).toBe('....weed');
});

test('a write is torn at the bounds of sectors, and any of them may be there', () => {
  const drive = driveAfter(write(SECTORS, 256));

  expect(text(drive.afterPowerLoss(saying(0.9, 0, 0, 0, 0.9, 0.1, 0.9)))).toBe(
    '.'.repeat(512) + SECTORS.slice(256, 768),
  );
});

test('a truncation that is lost leaves the file as long as it was, and one that is not leaves zeros behind it', () => {
  const drive = driveAfter(write('kelp'), SYNC, { kind: 'truncate', file: 'sea.db', size: 1 }, write('!', 3));

  expect(text(drive.synced)).toBe('kelp');
  expect(text(drive.whole)).toBe('k..!');
});

const REMOVE: DiskStep = { kind: 'remove', file: 'sea.db' };

test('a file that was removed may be there again, until its folder is synced', () => {
  const drive = driveAfter(write('kelp'), SYNC, REMOVE);

  expect(text(drive.synced)).toBe('kelp');
  expect(text(drive.whole)).toBeUndefined();

  drive.take({ kind: 'syncFolder' });

  expect(text(drive.synced)).toBeUndefined();
});

test('a sync of the folder makes no content durable, and leaves what came after a removal in the cache', () => {
  const drive = driveAfter(write('kelp'), REMOVE, write('weed'), { kind: 'syncFolder' });

  expect(text(drive.synced)).toBeUndefined();
  expect(text(drive.whole)).toBe('weed');
});

test('a sync of one file makes no other durable', () => {
  const drive = driveAfter(write('kelp'), { kind: 'sync', file: 'sea.db-wal' });

  expect(drive.synced.has('sea.db')).toBe(false);
});

test('what was acknowledged is the highest number said before the failure', () => {
  expect(driveAfter(write('a'), { kind: 'ack', number: 1 }, { kind: 'ack', number: 2 }).acknowledged).toBe(2);
  expect(driveAfter(write('a')).acknowledged).toBe(0);
});
