/** What the instrument reads from a trace. */
import { expect, test } from 'vitest';
import { readTrace } from './disk-log.ts';

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
    `101 fsync(21<${hex('/tmp')}>) = 0`,
    '101 +++ exited with 0 +++',
  ].join('\n');

  expect(readTrace(trace, '/tmp/sea.db')).toEqual([
    { kind: 'write', file: 'sea.db-wal', at: 32, bytes: Buffer.from('kelp') },
    { kind: 'sync', file: 'sea.db-wal' },
    { kind: 'ack', number: 3 },
    { kind: 'truncate', file: 'sea.db', size: 8192 },
    { kind: 'remove', file: 'sea.db-wal' },
    { kind: 'syncFolder' },
  ]);
});

test('a call that another thread interrupts counts when it has ended', () => {
  const trace = [
    `101 fdatasync(${LOG} <unfinished ...>`,
    `102 write(1<pipe:[7]>, "${hex('ACK 1\n')}", 6) = 6`,
    '101 <... fdatasync resumed>) = 0',
  ].join('\n');

  expect(readTrace(trace, '/tmp/sea.db').map(({ kind }) => kind)).toEqual(['ack', 'sync']);
});
