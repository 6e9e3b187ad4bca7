/**
 * Hands out 64-byte aligned blocks of the shared memory: windows and histograms.
 *
 * A bump pointer, and a free list for each size that was given back: breakers come in few shapes, so a block's size is
 * soon asked for again. Not called on a call's path.
 */
import { HoldfastError } from '../core/errors.ts';
import { LINE } from '../../wasm/layout.ts';
import type { SharedMemory } from './memory.ts';

export class Blocks {
  readonly #memory: SharedMemory;
  readonly #free = new Map<number, number[]>();
  #next: number;

  constructor(memory: SharedMemory) {
    this.#memory = memory;
    this.#next = memory.blocks.at;
  }

  /**
   * out     the block's byte address, its bytes zero
   * throws  CAPACITY_EXHAUSTED
   */
  take(bytes: number): number {
    const size = Math.ceil(bytes / LINE) * LINE;
    const address = this.#free.get(size)?.pop() ?? this.#bump(size);
    this.#memory.i32.fill(0, address >> 2, (address + size) >> 2);
    return address;
  }

  give(address: number, bytes: number): void {
    const size = Math.ceil(bytes / LINE) * LINE;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [address]);
    else free.push(address);
  }

  #bump(size: number): number {
    const { at, bytes } = this.#memory.blocks;
    const address = this.#next;
    if (address + size > at + bytes)
      throw new HoldfastError(
        'CAPACITY_EXHAUSTED',
        `capacity.windowBytes: expected room for one more block of ${size} bytes, received a memory of ${bytes} that is full; raise it, or keep fewer breakers`,
        { component: 'capacity.windowBytes' },
      );
    this.#next = address + size;
    return address;
  }
}
