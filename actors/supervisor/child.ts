/**
 * One child of a supervisor across its lives: what it is, which life it is in, and how one begins and ends.
 *
 * It decides nothing. It never lets an actor's error get past it unobserved, and tells its supervisor only through the
 * mailbox; what ended while the supervisor was looking is in `exit` at once.
 */
import type { AnyActorRef, EventObject, Snapshot } from 'xstate';
import type { Env, Timer } from '../../src/core/env.ts';
import type { ChildReading } from '../../src/core/readings.ts';
import type { ResolvedSpec } from './child-spec.ts';
import { LastGoodSnapshot } from './last-good.ts';
import { EXIT_SHUTDOWN, isStarting, SHUTDOWN, type Reply, type SupervisorSignal } from './protocol.ts';
import { resourceFailed } from './resource.ts';
import type { ExitReason } from './strategy.ts';

/** What a child needs of its supervisor. */
export interface Cradle {
  readonly env: Env;
  /** Make the actor, unstarted. Throws what the spec's `snapshot` threw. */
  incarnate(child: Child): AnyActorRef;
  /** Through the supervisor's mailbox. */
  tell(signal: SupervisorSignal): void;
  relay(ref: AnyActorRef, event: EventObject): void;
  stopChild(ref: AnyActorRef): void;
}

export interface Exit {
  readonly reason: ExitReason;
  readonly error: unknown;
}

export class Child {
  readonly spec: ResolvedSpec;
  readonly path: string;
  readonly #cradle: Cradle;
  state: ChildReading['state'] = 'stopped';
  /** The live incarnation. */
  ref: AnyActorRef | undefined;
  /** How the incarnation in `ref` ended, until the supervisor has dealt with it. */
  exit: Exit | undefined;
  /** How the latest incarnation ended. */
  lastExit: Exit | undefined;
  cutOffBecause: string | undefined;
  /** Unique among all lives under this supervisor: what a message is checked against. */
  life = 0;
  /** Counts this child's lives: what people are shown. */
  incarnation = 0;
  restarts = 0;
  startedAtMs = 0;
  /** In a row; what the backoff grows with. */
  failures = 0;
  /** What follows once it is down, when it was stopped by hand. */
  next: 'stay' | 'leave' | 'start' = 'stay';
  readonly whenUp: Reply[] = [];
  readonly whenDown: Reply[] = [];
  /** Where it begins after a crash; undefined where that is always anew. */
  readonly lastGood: LastGoodSnapshot | undefined;
  /** Whether this life began there. */
  isRestored = false;
  #timer: Timer | undefined;

  constructor(spec: ResolvedSpec, path: string, cradle: Cradle) {
    this.spec = spec;
    this.path = path;
    this.#cradle = cradle;
    const { body } = spec;
    if (body.kind === 'actor' && body.lastGood !== undefined) this.lastGood = new LastGoodSnapshot(body.lastGood);
  }

  get isTemporary(): boolean {
    return this.spec.restart === 'temporary';
  }

  /** Whether an incarnation is there whose end has not been seen. */
  get isLive(): boolean {
    return this.ref !== undefined && this.exit === undefined;
  }

  /** Begin a life. `failed` leaves the reason in `exit`; `starting` is followed by `childReady` or `childExited`. */
  begin(life: number): 'running' | 'starting' | 'failed' {
    this.#disarm();
    this.life = life;
    this.incarnation++;
    this.startedAtMs = this.#cradle.env.now();
    this.exit = undefined;
    this.cutOffBecause = undefined;
    this.isRestored = false;
    this.state = 'starting';
    try {
      const ref = this.#cradle.incarnate(this);
      this.ref = ref;
      this.#observe(ref, life);
      ref.start();
      if (this.#hasCrashed()) return 'failed';
      return this.isLive && isStarting(ref.getSnapshot()) ? 'starting' : 'running';
    } catch (error) {
      this.exit = { reason: 'error', error };
      return 'failed';
    }
  }

  /** A method, because the compiler cannot see that `start` writes `exit`. */
  #hasCrashed(): boolean {
    return this.exit?.reason === 'error';
  }

  /** XState throws the error of an actor in an empty stack when one of its observers has no `error`: this one has. */
  #observe(ref: AnyActorRef, life: number): void {
    const about = { id: this.spec.id, life };
    const ended = (exit: Exit): void => {
      this.exit ??= exit; // what it was killed of stands
      this.#cradle.tell({ type: 'supervisor.childExited', ...about });
    };
    let isReady = false;
    ref.subscribe({
      next: (snapshot: unknown) => {
        if (this.state !== 'stopping') this.lastGood?.remember(ref);
        if (isReady || isStarting(snapshot)) return;
        isReady = true;
        this.#cradle.tell({ type: 'supervisor.childReady', ...about });
      },
      error: (error: unknown) => ended({ reason: 'error', error }),
      complete: () => ended({ reason: exitReason(ref.getSnapshot() as Snapshot<unknown>), error: undefined }),
    });
  }

  /** Ask the live incarnation to end; it is cut off when its budget is over. */
  close(): void {
    const { shutdownMs } = this.spec;
    this.lastGood?.forget();
    const ref = this.ref!;
    this.state = 'stopping';
    if (shutdownMs === 'brutal' || !hearsShutdown(ref)) return this.#cradle.stopChild(ref);
    // Keeps the process alive: someone is waiting for this shutdown.
    if (shutdownMs < Infinity) this.#arm(shutdownMs, true, 'supervisor.budgetOver');
    this.#cradle.relay(ref, SHUTDOWN);
  }

  cutOff(because: string): void {
    this.state = 'stopping';
    this.cutOffBecause = because;
    this.#cradle.stopChild(this.ref!);
  }

  /** End the live incarnation as a crash would. A resource is stopped first, as when it fails. */
  kill(error: unknown): void {
    if (this.spec.body.kind === 'resource') return this.#cradle.relay(this.ref!, resourceFailed(error));
    this.exit = { reason: 'error', error };
    this.#cradle.stopChild(this.ref!);
  }

  waitBeforeRestart(ms: number): void {
    this.state = 'backoff';
    this.#arm(ms, false, 'supervisor.backoffOver');
  }

  /** The incarnation is gone and dealt with. */
  bury(): void {
    this.#disarm();
    this.lastGood?.ended(this.exit?.reason ?? 'shutdown', this.#cradle.env.now() - this.startedAtMs);
    this.lastExit = this.exit ?? this.lastExit;
    this.ref = undefined;
    this.exit = undefined;
    this.state = 'stopped';
  }

  #arm(ms: number, keepsAlive: boolean, type: 'supervisor.budgetOver' | 'supervisor.backoffOver'): void {
    const signal = { type, id: this.spec.id, life: this.life };
    this.#disarm();
    this.#timer = this.#cradle.env.setTimer(() => this.#cradle.tell(signal), ms, keepsAlive);
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#cradle.env.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}

function exitReason({ status, output }: Snapshot<unknown>): ExitReason {
  if (status === 'stopped') return 'shutdown';
  return (output as { readonly exit?: unknown } | null | undefined)?.exit === EXIT_SHUTDOWN.exit
    ? 'shutdown'
    : 'normal';
}

/**
 * A machine without an edge for `supervisor.shutdown` would sit out its budget. It is stopped at once, as OTP ends a
 * process that doesn't trap exits. Other logic cannot be asked, so it is assumed to listen.
 */
function hearsShutdown(ref: AnyActorRef): boolean {
  const snapshot = ref.getSnapshot() as { can?(event: { readonly type: string }): boolean };
  try {
    return snapshot.can?.(SHUTDOWN) ?? true;
  } catch {
    return false; // a guard that throws would kill the actor as well
  }
}
