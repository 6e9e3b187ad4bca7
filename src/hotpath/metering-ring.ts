/**
 * Where metered records wait: a ring in the shared memory, written here, aggregated by the kernel, emptied by the
 * committer.
 *
 * Writing never blocks and never throws. A record is its group and three numbers; its payload is written first, then
 * one atomic store of the tail publishes it. A full ring drops, and counts; so at every instant
 * recorded = flushed + pending + dropped. What is no record at all is refused, and counted apart.
 *
 * Indices are i32 and wrap; only their differences mean anything.
 */
import { checkPolicyHash } from '../core/policy-hash.ts';
import type { MeteringReading } from '../core/readings.ts';
import {
  RECORD_LATENCY_MS,
  RECORD_SCORE,
  RECORD_SEQUENCE,
  RECORD_TOKENS,
  RING_HEAD,
  RING_RECORD_BYTES,
  RING_TAIL,
} from '../../wasm/layout.ts';
import type { SharedMemory } from './memory.ts';
import { type GroupNames, MeteringGroups } from './metering-groups.ts';

/** Who is charged for what. Names of 1…256 characters; others, and too many, are charged to `__other`. */
export interface MeteredNames {
  readonly tenant: string;
  readonly operation: string;
  /** Default `standard`. */
  readonly tier?: string | undefined;
  /** Default: none, ''. */
  readonly agent?: string | undefined;
  /** The governance fingerprint it was made under, where it carries one: another than the runtime's is refused. */
  readonly policyHash?: string | undefined;
}

/** What the sinks are told of a record, besides: flat, at most 1 KiB as JSON. It groups nothing and is in no total. */
export type Metadata = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What is charged. Each from 0 to 2⁵³; one that is left out counts for no mean. */
export interface MeteredAmounts {
  readonly tokens?: number | undefined;
  readonly latencyMs?: number | undefined;
  readonly score?: number | undefined;
  readonly metadata?: Metadata | undefined;
}

export interface MeteredRecord extends MeteredNames, MeteredAmounts {}

/** Meters for one tenant, operation, tier and agent, found once. */
export interface BoundMeter {
  /** As `record` of the ring, without the names. */
  record(amounts: MeteredAmounts): boolean;
}

export type RingReading = Pick<
  MeteringReading,
  'recorded' | 'flushed' | 'pending' | 'dropped' | 'refused' | 'mismatched'
>;

export interface RingOptions {
  /** Called when a record is written while none waits, and with each one while at least half of the room is taken. */
  readonly onWaiting: (isHalfFull: boolean) => void;
  /** The governance fingerprint records are held to. Without one, whatever they carry will do. */
  readonly policyHash?: string | undefined;
  /** Called with what a record carried in its place. Must not throw. */
  readonly onMismatch?: ((given: unknown) => void) | undefined;
  /** Called with the metadata of a record that was written. Without it metadata is not looked at. Must not throw. */
  readonly onMetadata?: ((metadata: unknown, about: Annotated) => void) | undefined;
  /** The number of the first record, modulo 2³². Tests begin just below a wrap. */
  readonly startAt?: number;
}

/** The record some metadata belongs to. */
export interface Annotated {
  /** Counted from 0 and never wrapping. */
  readonly number: number;
  readonly group: GroupNames;
  readonly tokens: number;
  /** NaN when it was not given, as the score. */
  readonly latencyMs: number;
  readonly score: number;
}

const MAX_AMOUNT = 2 ** 53;
const REFUSED = -1;

const TAIL = RING_TAIL >> 2;
const HEAD = RING_HEAD >> 2;

// in a Float64Array: a field of doubles would be boxed anew with every record
const RECORDED = 0;
const DROPPED = 1;
const REFUSALS = 2;
const FLUSHED = 3;
const RELEASED = 4;
const MISMATCHED = 5;

export class MeteringRing {
  readonly groups: MeteringGroups;
  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  readonly #at: number;
  readonly #mask: number;
  readonly #half: number;
  readonly #counts = new Float64Array(6);
  readonly #onWaiting: (isHalfFull: boolean) => void;
  readonly #onMetadata: RingOptions['onMetadata'];
  readonly #onMismatch: RingOptions['onMismatch'];
  readonly #policyHash: string | undefined;
  /** Records that may wait: all there is room for, or none while the ring is closed. */
  #room: number;
  #head: number;

  constructor(memory: SharedMemory, options: RingOptions) {
    const { ring, scratch, i32, f64 } = memory;
    this.groups = new MeteringGroups(scratch.groups);
    this.#i32 = i32;
    this.#f64 = f64;
    this.#at = ring.at;
    this.#mask = ring.records - 1;
    this.#half = ring.records >> 1;
    this.#onWaiting = options.onWaiting;
    this.#onMetadata = options.onMetadata;
    this.#onMismatch = options.onMismatch;
    this.#policyHash = options.policyHash;
    this.#room = ring.records;
    this.#head = (options.startAt ?? 0) | 0;
    Atomics.store(i32, TAIL, this.#head);
    Atomics.store(i32, HEAD, this.#head);
  }

  /**
   * Meter one record.
   *
   * out     true when it will be flushed; false when it was refused or dropped
   * throws  nothing, whatever it is given
   */
  record(record: MeteredRecord): boolean {
    let tenant: unknown, operation: unknown, tier: unknown, agent: unknown, policyHash: unknown;
    let tokens: unknown, latencyMs: unknown, score: unknown, metadata: unknown;
    try {
      ({ tenant, operation, tier, agent, tokens, latencyMs, score, metadata, policyHash } = record);
    } catch {
      return this.#refuse(); // null, or a getter that throws
    }
    if (policyHash !== undefined && policyHash !== this.#policyHash && this.#policyHash !== undefined)
      return this.#mismatch(policyHash);
    const group = this.#find(tenant, operation, tier, agent);
    return this.#write(group, amount(tokens, 0), amount(latencyMs, NaN), amount(score, NaN), metadata);
  }

  /** throws  POLICY_HASH_MISMATCH, and nothing else: names that cannot be read are charged to `__other` */
  bind(names: MeteredNames): BoundMeter {
    if (this.#policyHash !== undefined) checkPolicyHash('metering.bind', this.#policyHash, policyHashOf(names));
    const group = this.#groupOf(names);
    return {
      record: (amounts) => {
        let tokens: unknown, latencyMs: unknown, score: unknown, metadata: unknown;
        try {
          ({ tokens, latencyMs, score, metadata } = amounts);
        } catch {
          return this.#refuse();
        }
        return this.#write(group, amount(tokens, 0), amount(latencyMs, NaN), amount(score, NaN), metadata);
      },
    };
  }

  get pending(): number {
    return (this.#i32[TAIL]! - this.#head) | 0;
  }

  /** The index of the oldest record that waits. */
  get head(): number {
    return this.#head;
  }

  /** How many records were released so far: the number of the one at `head`, counted from 0 and never wrapping. */
  get released(): number {
    return this.#counts[RELEASED]!;
  }

  reading(): RingReading {
    const counts = this.#counts;
    return {
      recorded: counts[RECORDED]!,
      flushed: counts[FLUSHED]!,
      pending: this.pending,
      dropped: counts[DROPPED]!,
      refused: counts[REFUSALS]!,
      mismatched: counts[MISMATCHED]!,
    };
  }

  /** The oldest `count` records are done with: `flushed` of them are in the ledger, the others are counted as dropped. */
  release(count: number, flushed: number): void {
    this.#counts[RELEASED]! += count;
    this.#counts[FLUSHED]! += flushed;
    this.#counts[DROPPED]! += count - flushed;
    this.#head = (this.#head + count) | 0;
    Atomics.store(this.#i32, HEAD, this.#head);
  }

  /** From now on every record is dropped. Those that wait may still be flushed. */
  close(): void {
    this.#room = 0;
  }

  open(): void {
    this.#room = this.#mask + 1;
  }

  #groupOf(names: MeteredNames): number {
    try {
      const { tenant, operation, tier, agent } = names;
      return this.#find(tenant, operation, tier, agent);
    } catch {
      return this.groups.find(undefined, undefined, undefined, undefined);
    }
  }

  /** Only what is left out has a default: null is no name, and goes where those go. */
  #find(tenant: unknown, operation: unknown, tier: unknown, agent: unknown): number {
    return this.groups.find(
      tenant,
      operation,
      tier === undefined ? 'standard' : tier,
      agent === undefined ? '' : agent,
    );
  }

  #write(group: number, tokens: number, latencyMs: number, score: number, metadata: unknown): boolean {
    if (tokens < 0 || latencyMs < 0 || score < 0) return this.#refuse();
    const counts = this.#counts;
    counts[RECORDED]!++;
    const i32 = this.#i32;
    const tail = i32[TAIL]!;
    const pending = (tail - this.#head) | 0;
    if (pending >= this.#room) {
      counts[DROPPED]!++;
      return false;
    }

    const record = this.#at + (tail & this.#mask) * RING_RECORD_BYTES;
    const f64 = this.#f64;
    i32[record >> 2] = group;
    i32[(record + RECORD_SEQUENCE) >> 2] = tail;
    f64[(record + RECORD_TOKENS) >> 3] = tokens;
    f64[(record + RECORD_LATENCY_MS) >> 3] = latencyMs;
    f64[(record + RECORD_SCORE) >> 3] = score;
    Atomics.store(i32, TAIL, (tail + 1) | 0);
    if (pending === 0 || pending >= this.#half) this.#onWaiting(pending >= this.#half);
    if (metadata !== undefined && this.#onMetadata !== undefined)
      this.#onMetadata(metadata, {
        number: this.released + pending,
        group: this.groups.namesOf(group),
        tokens,
        latencyMs,
        score,
      });
    return true;
  }

  #mismatch(given: unknown): false {
    this.#counts[MISMATCHED]!++;
    this.#onMismatch?.(given);
    return false;
  }

  #refuse(): false {
    this.#counts[REFUSALS]!++;
    return false;
  }
}

/** The number, `absent` for undefined, `REFUSED` for everything else. */
function amount(value: unknown, absent: number): number {
  if (typeof value === 'number') return value >= 0 && value <= MAX_AMOUNT ? value : REFUSED;
  return value === undefined ? absent : REFUSED;
}

/** out  undefined where it carries none, or cannot be read */
function policyHashOf(names: MeteredNames): string | undefined {
  try {
    return names.policyHash;
  } catch {
    return undefined;
  }
}
