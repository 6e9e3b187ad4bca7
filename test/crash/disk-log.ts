/**
 * What a process did to a file and its companions (`FILE-wal`, `FILE-journal`): every write, sync, truncation and
 * removal in the order they were done, and in between what the process said it had made durable (`ACK n` on stdout).
 *
 * Recorded by strace. `FILE-shm` is left out: SQLite makes it anew from the log.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';

export type DiskStep =
  | { readonly kind: 'write'; readonly file: string; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly file: string; readonly size: number }
  | { readonly kind: 'remove'; readonly file: string }
  | { readonly kind: 'sync'; readonly file: string }
  /** Which files there are, not what is in them. */
  | { readonly kind: 'syncFolder' }
  | { readonly kind: 'ack'; readonly number: number };

const CALLS = 'pwrite64,write,fsync,fdatasync,ftruncate,unlink';
/** Longer than any write of SQLite's: a page, a frame, or a log header. */
const LONGEST_STRING = 131_072;

/** True where strace can be run. */
export async function canTrace(): Promise<boolean> {
  return promisify(execFile)('strace', ['-f', '--seccomp-bpf', '-o', '/dev/null', 'true']).then(
    () => true,
    () => false,
  );
}

/** Run the program to its end, which has to be a good one, and read what it did. */
export async function recordDisk(path: string, trace: string, program: readonly string[]): Promise<DiskStep[]> {
  const options = [
    '-f',
    '--seccomp-bpf',
    '-y',
    '-xx',
    '-s',
    String(LONGEST_STRING),
    '-e',
    `trace=${CALLS}`,
    '-o',
    trace,
  ];
  await promisify(execFile)('strace', [...options, ...program]);
  return readTrace(await readFile(trace, 'latin1'), path);
}

/** in  trace   lines as `strace -f -y -xx` writes them; a call that another thread interrupts is in two of them */
export function readTrace(trace: string, path: string): DiskStep[] {
  const steps: DiskStep[] = [];
  const begun = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, thread, text] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (thread === undefined || text === undefined) continue;
    const unfinished = / <unfinished \.\.\.>$/.exec(text);
    if (unfinished !== null) {
      begun.set(thread, text.slice(0, unfinished.index));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(text);
    const step = readCall(resumed === null ? text : `${begun.get(thread)}${text.slice(resumed[0].length)}`, path);
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

function readCall(call: string, path: string): DiskStep | undefined {
  const [, syscall, list, result] = /^(\w+)\((.*)\) += (-?\d+)/.exec(call) ?? [];
  if (list === undefined || Number(result) < 0) return undefined;
  const args = list.split(', ');
  if (syscall === 'write') return readAck(args);
  const target = unhex(args[0]!).toString();
  if (target === dirname(path)) return { kind: 'syncFolder' };
  if (!target.startsWith(path) || target.endsWith('-shm')) return undefined;
  const file = basename(target);
  switch (syscall) {
    case 'pwrite64':
      return { kind: 'write', file, at: Number(args[3]), bytes: unhex(args[1]!).subarray(0, Number(result)) };
    case 'ftruncate':
      return { kind: 'truncate', file, size: Number(args[1]) };
    case 'unlink':
      return { kind: 'remove', file };
    default:
      return { kind: 'sync', file };
  }
}

function readAck([descriptor, text]: readonly string[]): DiskStep | undefined {
  const [, number] = (descriptor!.startsWith('1<') && /^ACK (\d+)\n$/.exec(unhex(text!).toString())) || [];
  return number === undefined ? undefined : { kind: 'ack', number: Number(number) };
}

/** in  text   `17<\x2f…>`, or the quoted path of `unlink` */
function unhex(text: string): Buffer {
  return Buffer.from((text.match(/\\x[0-9a-f]{2}/g) ?? []).map((byte) => Number.parseInt(byte.slice(2), 16)));
}
