/**
 * The worst of what a gauge has shown lately, the same for everyone who asks.
 *
 * The gauge remembers its maximum until it is reset. It is reset once a turn at most, and the turn before still counts:
 * an answer then covers one turn to two, or the time since somebody asked where that is longer, and nobody takes
 * another's maximum away.
 */
const TURN_MS = 1_000;

export class WorstLately {
  #turnBeganAt: number;
  #before = 0;

  constructor(nowMs: number) {
    this.#turnBeganAt = nowMs;
  }

  /** in  shown   the gauge's maximum since its reset;   reset   called when its turn is over */
  read(shown: number, nowMs: number, reset: () => void): number {
    const worst = Math.max(shown, this.#before);
    if (nowMs - this.#turnBeganAt >= TURN_MS) {
      this.#turnBeganAt = nowMs;
      this.#before = shown;
      reset();
    }
    return worst;
  }
}
