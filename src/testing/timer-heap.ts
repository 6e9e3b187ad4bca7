/** Timers in the order they are due, the older first among equals. A binary heap; used by the virtual clock. */

export interface VirtualTimer {
  readonly fn: () => void;
  readonly dueAt: number;
  /** Rises with each timer made: the order among equals. */
  readonly order: number;
  readonly ref: boolean;
  /** Where it stands in the heap; −1 once it has fired or was cleared. */
  place: number;
}

export class TimerHeap {
  readonly #heap: VirtualTimer[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): VirtualTimer | undefined {
    return this.#heap[0];
  }

  some(test: (timer: VirtualTimer) => boolean): boolean {
    return this.#heap.some(test);
  }

  add(timer: VirtualTimer): void {
    this.#heap.push(timer);
    this.#rise(timer, this.#heap.length - 1);
  }

  /** Nothing happens to a timer that is no longer here. */
  remove(timer: VirtualTimer): void {
    const { place } = timer;
    if (place === -1) return;
    timer.place = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === timer) return;
    this.#sink(last, place);
    this.#rise(last, last.place);
  }

  #rise(timer: VirtualTimer, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || isBefore(parent, timer)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(timer, place);
  }

  #sink(timer: VirtualTimer, from: number): void {
    let place = from;
    for (;;) {
      const child = this.#earlierChild(place);
      if (child === undefined || isBefore(timer, child)) break;
      const below = child.place;
      this.#put(child, place);
      place = below;
    }
    this.#put(timer, place);
  }

  #earlierChild(place: number): VirtualTimer | undefined {
    const left = this.#heap[2 * place + 1];
    const right = this.#heap[2 * place + 2];
    return left === undefined || right === undefined || isBefore(left, right) ? left : right;
  }

  #put(timer: VirtualTimer, place: number): void {
    this.#heap[place] = timer;
    timer.place = place;
  }
}

function isBefore(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
}
