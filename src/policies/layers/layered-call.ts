/** One call through a pipeline of layers: where its caller waits, and is answered once. */
import type { GivenCall, Protected } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { ProviderSeat } from '../../core/provider-seat.ts';
import type { CallCounts } from '../call-counts.ts';
import { decide } from './decide.ts';
import type { End } from './end.ts';
import type { Way } from './layer.ts';
import { Scope, type Whole } from './scope.ts';

/** Whose call it is. */
export interface CallOwner {
  readonly counts: CallCounts;
  readonly seat: ProviderSeat | undefined;
}

export class LayeredCall implements Whole {
  readonly name: string;
  readonly fn: Protected<unknown>;
  readonly given: GivenCall;
  readonly counts: CallCounts;
  readonly seat: ProviderSeat | undefined;
  deadlineAt = Infinity;
  cutShort: Whole['cutShort'] = undefined;
  whenAnswered: Whole['whenAnswered'] = undefined;
  readonly #scope = new Scope(this);
  readonly #onEnded: ((outcome: Outcome) => void) | undefined;
  #isAnswered = false;
  #resolve: (value: unknown) => void = () => {};
  #reject: (reason: unknown) => void = () => {};

  constructor(
    name: string,
    { counts, seat }: CallOwner,
    fn: Protected<unknown>,
    given: GivenCall,
    onEnded?: (outcome: Outcome) => void,
  ) {
    this.name = name;
    this.counts = counts;
    this.seat = seat;
    this.fn = fn;
    this.given = given;
    this.#onEnded = onEnded;
  }

  /** throws  what a caller's signal throws that is none: the call has not begun */
  make(way: Way): Promise<unknown> {
    const { signal } = this.given;
    signal?.addEventListener('abort', this);
    this.counts.begin();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (signal?.aborted === true) queueMicrotask(() => this.handleEvent());
      else way(this.#scope, (end) => decide(end, this.#answer));
    });
  }

  /** The caller left: as the listener on its signal. */
  handleEvent(): void {
    const value: unknown = this.given.signal!.reason;
    this.#scope.release(value, 'left');
    this.#answer({ outcome: 'aborted', vote: 'ignored', value });
  }

  cut(end: End): void {
    this.#scope.release(end.value, 'overdue');
    this.#answer(end);
  }

  readonly #answer = ({ outcome, value }: End): void => {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#scope.close();
    this.given.signal?.removeEventListener('abort', this);
    this.whenAnswered?.();
    this.counts.end(outcome);
    this.#onEnded?.(outcome);
    if (outcome === 'success' || outcome === 'fallback') this.#resolve(value);
    else this.#reject(value);
  };
}
