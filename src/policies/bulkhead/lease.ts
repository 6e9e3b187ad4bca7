/** One resource in the hands of one function. Ended once, one way or the other; a second end does nothing. */
export class Lease {
  readonly resource: unknown;
  readonly #onReleased: (resource: unknown) => void;
  readonly #onDiscarded: (resource: unknown) => void;
  #isOver = false;

  constructor(resource: unknown, onReleased: (resource: unknown) => void, onDiscarded: (resource: unknown) => void) {
    this.resource = resource;
    this.#onReleased = onReleased;
    this.#onDiscarded = onDiscarded;
  }

  /** The function settled: another may have it. */
  release(): void {
    this.#end(this.#onReleased);
  }

  /** The function may still use it, though its place was taken back: no other may have it. */
  discard(): void {
    this.#end(this.#onDiscarded);
  }

  #end(then: (resource: unknown) => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    then(this.resource);
  }
}
