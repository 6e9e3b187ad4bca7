/**
 * A frame as the client understands it, checked by shape before it is believed. Pure.
 *
 * The two ends of the feed share no code: `test/pins/feed-frames.test.ts` holds them to the same bytes.
 */

/** [section, key, value] */
export type Entry = readonly [section: string, key: string, value: unknown];
/** [section, key] */
export type EntryName = readonly [section: string, key: string];

export type Frame = SnapshotFrame | DeltaFrame;

interface FrameHead {
  readonly v: 1;
  /** Names a run of sequence numbers; the server has another each time it starts. */
  readonly epoch: string;
  readonly seq: number;
  /** When the state was so, in milliseconds by the server's monotonic clock. */
  readonly atMs: number;
}

export interface SnapshotFrame extends FrameHead {
  readonly type: 'snapshot';
  readonly state: readonly Entry[];
}

export interface DeltaFrame extends FrameHead {
  readonly type: 'delta';
  readonly set: readonly Entry[];
  readonly unset: readonly EntryName[];
}

/**
 * in      message  what the socket gave
 * out     null for anything that is not a frame of version 1
 */
export function readFrame(message: unknown): Frame | null {
  if (typeof message !== 'string') return null;
  let frame: Loose | null;
  try {
    frame = JSON.parse(message) as Loose | null;
  } catch {
    return null;
  }
  if (typeof frame !== 'object' || frame === null || frame.v !== 1) return null;
  if (typeof frame.epoch !== 'string' || !Number.isSafeInteger(frame.seq) || !Number.isFinite(frame.atMs)) return null;
  const isFrame =
    (frame.type === 'snapshot' && isEntries(frame.state)) ||
    (frame.type === 'delta' && isEntries(frame.set) && isNames(frame.unset));
  return isFrame ? (frame as unknown as Frame) : null;
}

/** A frame nobody has looked at yet. */
type Loose = Readonly<Record<keyof SnapshotFrame | keyof DeltaFrame, unknown>>;

function isEntries(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => isPath(entry) && entry.length === 3);
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => isPath(name) && name.length === 2);
}

function isPath(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'string';
}
