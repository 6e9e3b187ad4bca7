/** The instrument itself: what it reads from a trace, and what it makes of it. */
import { expect, test } from 'vitest';
import { type DiskStep, readTrace } from './disk-log.ts';
import { acknowledged, diskAfterPowerLoss } from './power-loss.ts';

const hex = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

const DATABASE = `17<${hex('/tmp/sea.db')}>`;
const LOG = `18<${hex('/tmp/sea.db-wal')}>`;

test('each line of a trace that changes the file, and each acknowledgement, is a step', () => {
  const trace = [
    `101 pwrite64(${LOG}, "${hex('kelp')}", 4, 32) = 4`,
    `101 pwrite64(19<${hex('/tmp/sea.db-shm')}>, "${hex('x')}", 1, 0) = 1`,
    `101 pwrite64(20<${hex('/tmp/other')}>, "${hex('x')}", 1, 0) = 1`,
    `101 fdatasync(${LOG}) = 0`,
    `102 write(1<pipe:[7]>, "${hex('ACK 3\n')}", 6) = 6`,
    `101 ftruncate(${DATABASE}, 8192) = 0`,
    `101 unlink("${hex('/tmp/sea.db-wal')}") = 0`,
    `101 unlink("${hex('/tmp/sea.db-journal')}") = -1 ENOENT (No such file or directory)`,
    '101 +++ exited with 0 +++',
  ].join('\n');

  expect(readTrace(trace, 'sea.db')).toEqual([
    { kind: 'write', file: 'sea.db-wal', at: 32, bytes: Buffer.from('kelp') },
    { kind: 'sync', file: 'sea.db-wal' },
    { kind: 'ack', number: 3 },
    { kind: 'truncate', file: 'sea.db', size: 8192 },
    { kind: 'remove', file: 'sea.db-wal' },
  ]);
});

test('a call that another thread interrupts counts when it has ended', () => {
  const trace = [
    `101 fdatasync(${LOG} <unfinished ...>`,
    `102 write(1<pipe:[7]>, "${hex('ACK 1\n')}", 6) = 6`,
    '101 <... fdatasync resumed>) = 0',
  ].join('\n');

  expect(readTrace(trace, 'sea.db').map(({ kind }) => kind)).toEqual(['ack', 'sync']);
});

const write = (text: string, at = 0): DiskStep => ({ kind: 'write', file: 'sea.db', at, bytes: Buffer.from(text) });
const SYNC: DiskStep = { kind: 'sync', file: 'sea.db' };
const always = (value: number) => () => value;

test('what was synced is on the disk, whatever chance says', () => {
  expect(
    diskAfterPowerLoss([write('kelp'), SYNC, write('!', 4)], always(0.9))
      .get('sea.db')
      ?.toString(),
  ).toBe('kelp');
});

test('what was not synced is there, or a part of it, or nothing', () => {
  const steps = [write('x'.repeat(1_024))];

  expect(diskAfterPowerLoss(steps, always(0)).get('sea.db')).toHaveLength(1_024);
  expect(diskAfterPowerLoss(steps, always(0.5)).get('sea.db')).toHaveLength(512);
  expect(diskAfterPowerLoss(steps, always(0.9)).get('sea.db')).toBeUndefined();
});

test('a sync of one file makes no other durable', () => {
  const steps: DiskStep[] = [write('kelp'), { kind: 'sync', file: 'sea.db-wal' }];

  expect(diskAfterPowerLoss(steps, always(0.9)).has('sea.db')).toBe(false);
});

test('what was acknowledged is the highest number said before the failure', () => {
  expect(acknowledged([write('a'), { kind: 'ack', number: 1 }, { kind: 'ack', number: 2 }])).toBe(2);
  expect(acknowledged([write('a')])).toBe(0);
});
