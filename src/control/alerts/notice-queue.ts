/**
 * The notices that wait for one channel, in order: bounded, without losing what ends something.
 *
 * Of those that say that something is wrong 256 wait; the oldest gives way. What ends something the channel may have
 * heard of never does: there are at most two such for each alert people were told of, and of those there is a bound.
 * What ends something the channel will not hear of goes with its beginning.
 */
import type { AlertNotice } from './notice.ts';

const MAX_NEWS = 256;

export interface Outgoing {
  readonly notice: AlertNotice;
  /** The first the channel would hear of this alert. */
  readonly isFirst: boolean;
  /** It ends what was told before. */
  readonly isOwed: boolean;
  /** It was held back before, and counted. */
  readonly isAgain: boolean;
  /** Called once, when it waits no more: whether the channel may have heard it. Must not throw. */
  readonly settled: (isHeard: boolean) => void;
}

export class Waiting {
  readonly outgoing: Outgoing;
  readonly sinceMs: number;
  /** It was on its way once: the other side may have it, whatever came back. */
  wasTried = false;

  constructor(outgoing: Outgoing, sinceMs: number) {
    this.outgoing = outgoing;
    this.sinceMs = sinceMs;
  }
}

export class NoticeQueue {
  #waiting: Waiting[] = [];
  /** The one that is on its way: it is the first, and stays. */
  inHand: Waiting | undefined;

  get first(): Waiting | undefined {
    return this.#waiting[0];
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** out  those that had to go for it; it may be among them */
  add(waiting: Waiting): readonly Waiting[] {
    const { isOwed } = waiting.outgoing;
    const news = this.#waiting.filter((other) => !other.outgoing.isOwed && other !== this.inHand);
    this.#waiting.push(waiting);
    return isOwed || news.length < MAX_NEWS ? [] : this.drop(news[0]!);
  }

  /** It is over with this one, however it went. */
  remove(waiting: Waiting): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
  }

  /** Let go of one; where the channel has not heard of its alert, of what would follow it, too. out  all of those */
  drop(waiting: Waiting): readonly Waiting[] {
    const { isFirst, notice } = waiting.outgoing;
    const isUnheard = isFirst && !waiting.wasTried;
    const dropped = this.#waiting.filter(
      (other) => other === waiting || (isUnheard && other.outgoing.notice.alert === notice.alert),
    );
    const gone = new Set(dropped);
    this.#waiting = this.#waiting.filter((other) => !gone.has(other));
    return dropped;
  }
}
