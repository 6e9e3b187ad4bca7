/**
 * The rows of the shared memory: who lives in which slot.
 *
 * A slot that is freed keeps its epoch and goes on at epoch + 1, so a late result of the breaker that lived there
 * before is stale for the one that lives there now.
 */
import { HoldfastError } from '../core/errors.ts';
import {
  CLOSED,
  columnAt,
  DEADLINE_COLUMN,
  FAILED_COLUMN,
  FREE,
  FRESH_UNTIL_COLUMN,
  MINIMUM_COLUMN,
  SLOW_COLUMN,
  STATE_BITS,
  STATE_MASK,
  timeColumnAt,
  TOTAL_COLUMN,
  WINDOW_COLUMN,
  WORD_COLUMN,
} from '../../wasm/layout.ts';
import { Blocks } from './blocks.ts';
import type { SharedMemory } from './memory.ts';

/** One row: the element numbers of its fields in the views `i32` and `f64`. */
export interface Row {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly blocks: Blocks;
  readonly number: number;
  readonly word: number;
  readonly failed: number;
  readonly total: number;
  readonly minimum: number;
  readonly window: number;
  readonly slow: number;
  readonly freshUntil: number;
  readonly deadline: number;
}

export class Slots {
  readonly #memory: SharedMemory;
  readonly #blocks: Blocks;
  readonly #free: number[] = [];
  #used = 0;

  constructor(memory: SharedMemory) {
    this.#memory = memory;
    this.#blocks = new Blocks(memory);
    memory.i32.fill(FREE, columnAt(memory.slots, WORD_COLUMN) >> 2, columnAt(memory.slots, WORD_COLUMN + 1) >> 2);
  }

  /** One above the highest slot that was ever taken: how far the kernel has to look. */
  get used(): number {
    return this.#used;
  }

  /**
   * Take a slot: closed, without a window.
   *
   * throws  CAPACITY_EXHAUSTED naming the option
   */
  take(): Row {
    const row = this.#row(this.#free.pop() ?? this.#grow());
    const { i32, f64 } = row;
    i32[row.word] = nextWord(i32[row.word]!, CLOSED);
    i32[row.failed] = i32[row.total] = i32[row.slow] = i32[row.minimum] = i32[row.window] = 0;
    f64[row.freshUntil] = f64[row.deadline] = Infinity;
    return row;
  }

  give(row: Row): void {
    row.i32[row.word] = nextWord(row.i32[row.word]!, FREE);
    this.#free.push(row.number);
  }

  #grow(): number {
    if (this.#used === this.#memory.slots)
      throw new HoldfastError(
        'CAPACITY_EXHAUSTED',
        `capacity.breakers: expected at most ${this.#memory.slots} breakers, received one more; raise it when the runtime is created`,
        { component: 'capacity.breakers' },
      );
    return this.#used++;
  }

  #row(number: number): Row {
    const { i32, f64, slots } = this.#memory;
    const column = (index: number): number => (columnAt(slots, index) >> 2) + number;
    const timeColumn = (index: number): number => (timeColumnAt(slots, index) >> 3) + number;
    return {
      i32,
      f64,
      blocks: this.#blocks,
      number,
      word: column(WORD_COLUMN),
      failed: column(FAILED_COLUMN),
      total: column(TOTAL_COLUMN),
      minimum: column(MINIMUM_COLUMN),
      window: column(WINDOW_COLUMN),
      slow: column(SLOW_COLUMN),
      freshUntil: timeColumn(FRESH_UNTIL_COLUMN),
      deadline: timeColumn(DEADLINE_COLUMN),
    };
  }
}

/** The word after a transition: the next epoch (29 bits, wrapping) beside the new state. */
export function nextWord(word: number, state: number): number {
  return (((word >>> STATE_BITS) + 1) << STATE_BITS) | state;
}

export function stateOf(word: number): number {
  return word & STATE_MASK;
}

export function epochOf(word: number): number {
  return word >>> STATE_BITS;
}
