/**
 * One shared Wasm memory for everything the kernel reads: slots, windows, the metering ring, the drain's scratch.
 *
 * Its size is fixed at construction (initial = maximum, so nothing ever moves); the system commits pages only when
 * they are touched. Offsets: `wasm/layout.ts`.
 */
import { HoldfastError } from '../core/errors.ts';
import {
  blocksAt,
  CAPACITY,
  GROUP_BYTES,
  LAYOUT_VERSION,
  LINE,
  MAGIC,
  MAGIC_NUMBER,
  RING_RECORD_BYTES,
  VERSION,
} from '../../wasm/layout.ts';

const PAGE = 65_536;
const MAX_BYTES = 256 * 1024 * 1024;

export interface MemorySize {
  /** Breakers that can live at once; rounded up to a multiple of 16. */
  readonly slots: number;
  /** Bytes for windows and histograms; rounded up to whole lines of 64. */
  readonly blockBytes: number;
  /** Metering records that can wait; a power of two. */
  readonly ringRecords: number;
  /** Distinct (tenant, operation, tier, agent) groups one drain can hold. */
  readonly groups: number;
}

export interface SharedMemory {
  /** The `WebAssembly.Memory` itself. By that name it could not be in the package's types: Node's do not have it. */
  readonly memory: object;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly slots: number;
  readonly blocks: { readonly at: number; readonly bytes: number };
  readonly ring: { readonly at: number; readonly records: number };
  readonly scratch: { readonly at: number; readonly groups: number };
}

/** throws  CAPACITY_EXHAUSTED when the parts come to more than 256 MiB. */
export function allocateMemory(size: MemorySize): SharedMemory {
  const slots = roundUp(size.slots, 16);
  const blocks = { at: blocksAt(slots), bytes: roundUp(size.blockBytes, LINE) };
  const ring = { at: blocks.at + blocks.bytes, records: size.ringRecords };
  const scratch = { at: ring.at + ring.records * RING_RECORD_BYTES, groups: size.groups };
  const bytes = roundUp(scratch.at + scratch.groups * GROUP_BYTES, PAGE);
  if (bytes > MAX_BYTES)
    throw new HoldfastError(
      'CAPACITY_EXHAUSTED',
      `memory: expected at most ${MAX_BYTES} bytes in all, received options that need ${bytes}; lower capacity.windowBytes, capacity.breakers, capacity.meteringRecords or capacity.meteringGroups`,
      { component: 'capacity' },
    );

  const pages = bytes / PAGE;
  const made: unknown = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const memory = made as { readonly buffer: SharedArrayBuffer }; // browsers declare it otherwise
  const i32 = new Int32Array(memory.buffer);
  const f64 = new Float64Array(memory.buffer);
  i32[MAGIC >> 2] = MAGIC_NUMBER;
  i32[VERSION >> 2] = LAYOUT_VERSION;
  i32[CAPACITY >> 2] = slots;
  return { memory, i32, f64, slots, blocks, ring, scratch };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
