/**
 * An actor around a resource: something with a start and a stop that is not an actor itself, such as a pool, a socket
 * or the store's writer.
 *
 * It owns the resource from the moment `start` returns it. Whatever happens after, a failure, a stop that hangs, a start
 * that is over only when nobody waits any more, `stop` is called once for it.
 */
import type { ActorLogic, ActorScope, Snapshot } from 'xstate';
import { describe } from '../../src/core/describe.ts';
import { announce } from './announce.ts';
import type { ResourceSpec } from './child-spec.ts';
import type { ShutdownEvent, World } from './protocol.ts';

export interface ResourceInput {
  readonly resource: ResourceSpec;
  /** How long a resource that failed may take to stop, before its exit is reported all the same. */
  readonly shutdownMs: number | 'brutal';
  readonly path: string;
  readonly world: World;
}

type ResourceEvent =
  | { readonly type: 'resource.arrived' }
  | { readonly type: 'resource.failed'; readonly error: unknown }
  | { readonly type: 'resource.stopped' }
  | { readonly type: 'resource.stopFailed'; readonly error: unknown }
  | { readonly type: 'resource.budgetOver' }
  | ShutdownEvent
  | { readonly type: 'xstate.stop' };

/** Boxed, because anything may be thrown, undefined too. */
interface Failure {
  readonly error: unknown;
}

type Phase = 'starting' | 'running' | 'stopping' | 'failing' | 'ended';
type ResourceSnapshot = Snapshot<undefined> & {
  readonly value: Phase;
  readonly isStarting: boolean;
  readonly context: Life;
};
type Scope = ActorScope<ResourceSnapshot, ResourceEvent>;
export type ResourceLogic = ActorLogic<ResourceSnapshot, ResourceEvent, ResourceInput>;

/** Say from outside what the resource itself would say with `scope.fail`. */
export function resourceFailed(error: unknown): Extract<ResourceEvent, { readonly type: 'resource.failed' }> {
  return { type: 'resource.failed', error };
}

const BUDGET_OVER = { type: 'resource.budgetOver' } as const;

/** Only drawn by the inspector; `Life.transition` is what runs. */
const config = {
  id: 'resource',
  initial: 'starting',
  states: {
    starting: { on: { 'resource.arrived': 'running', 'resource.failed': 'ended', 'supervisor.shutdown': 'stopping' } },
    running: { on: { 'resource.failed': 'failing', 'supervisor.shutdown': 'stopping' } },
    stopping: { on: { 'resource.stopped': 'ended', 'resource.stopFailed': 'ended', 'resource.failed': 'ended' } },
    failing: { on: { 'resource.stopped': 'ended', 'resource.stopFailed': 'ended', 'resource.budgetOver': 'ended' } },
    ended: { type: 'final' },
  },
};

export const resourceLogic: ResourceLogic = {
  config,
  getInitialSnapshot: (scope, input) => new Life(scope, input).snapshot(),
  start: (snapshot) => snapshot.context.start(),
  transition: (snapshot, event) => snapshot.context.transition(event),
  getPersistedSnapshot: ({ status, value }) =>
    ({ status, value, output: undefined, error: undefined }) as unknown as Snapshot<undefined>,
};

/** One incarnation of one resource. */
class Life {
  readonly #scope: Scope;
  readonly #input: ResourceInput;
  #phase: Phase = 'starting';
  #resource: unknown;
  /** Held from its arrival until `stop` has been called, which happens once. */
  #custody: 'awaited' | 'held' | 'released' = 'awaited';
  #failure: Failure | undefined;

  constructor(scope: Scope, input: ResourceInput) {
    this.#scope = scope;
    this.#input = input;
  }

  start(): void {
    const fail = (error: unknown): void => this.#tell(resourceFailed(error));
    try {
      const started = this.#input.resource.start({ fail });
      if (isThenable(started)) Promise.resolve(started).then((resource) => this.#arrived(resource), fail);
      else this.#arrived(started);
    } catch (error) {
      fail(error);
    }
  }

  #arrived(resource: unknown): void {
    this.#resource = resource;
    this.#custody = 'held';
    if (this.#phase === 'ended') this.#stopUnawaited();
    else this.#tell({ type: 'resource.arrived' });
  }

  transition(event: ResourceEvent): ResourceSnapshot {
    switch (event.type) {
      case 'resource.arrived':
        if (this.#phase === 'starting') this.#phase = 'running';
        else if (this.#phase === 'stopping') this.#stop(); // shutdown was asked for while it was starting
        break;
      case 'resource.failed':
        return this.#failed(event.error);
      case 'supervisor.shutdown':
        if (this.#phase !== 'starting' && this.#phase !== 'running') break;
        this.#phase = 'stopping';
        this.#stop();
        break;
      case 'resource.stopped':
      case 'resource.budgetOver':
        return this.#end(this.#failure);
      case 'resource.stopFailed':
        if (this.#failure === undefined) return this.#end({ error: event.error });
        this.#stopFailed(event.error); // the exit names the failure that came first
        return this.#end(this.#failure);
      case 'xstate.stop': // cut off
        this.#phase = 'ended';
        this.#stopUnawaited();
        return this.snapshot('stopped');
    }
    return this.snapshot();
  }

  #failed(error: unknown): ResourceSnapshot {
    if (this.#phase === 'stopping' && this.#custody === 'awaited') return this.#end(undefined); // nothing to stop
    if (this.#phase !== 'starting' && this.#phase !== 'running') return this.snapshot();
    this.#failure = { error };
    const { shutdownMs } = this.#input;
    if (this.#custody === 'awaited') return this.#end(this.#failure);
    if (shutdownMs === 'brutal') {
      this.#stopUnawaited();
      return this.#end(this.#failure);
    }
    this.#phase = 'failing';
    const { self, system } = this.#scope;
    if (shutdownMs < Infinity) system.scheduler.schedule(self, self, BUDGET_OVER, shutdownMs, BUDGET_OVER.type);
    this.#stop();
    return this.snapshot();
  }

  /** Stop what is held, if it is there already, and hear how that went. */
  #stop(): void {
    this.#callStop(
      () => this.#tell({ type: 'resource.stopped' }),
      (error) => this.#tell({ type: 'resource.stopFailed', error }),
    );
  }

  #stopUnawaited(): void {
    this.#callStop(
      () => {},
      (error) => this.#stopFailed(error),
    );
  }

  #callStop(onDone: () => void, onError: (error: unknown) => void): void {
    if (this.#custody !== 'held') return;
    this.#custody = 'released';
    try {
      const stopped: unknown = this.#input.resource.stop(this.#resource);
      if (isThenable(stopped)) Promise.resolve(stopped).then(onDone, onError);
      else onDone();
    } catch (error) {
      onError(error);
    }
    this.#resource = undefined;
  }

  #stopFailed(error: unknown): void {
    const { world, path } = this.#input;
    announce(world, 'callback.failed', { callback: `stop of ${path}`, error: describe(error) });
  }

  /** A message to an actor that has ended is dropped, so late ones need no check. */
  #tell(event: ResourceEvent): void {
    this.#scope.self.send(event);
  }

  #end(failure: Failure | undefined): ResourceSnapshot {
    this.#phase = 'ended';
    return failure === undefined ? this.snapshot('done') : this.snapshot('error', failure.error);
  }

  snapshot(status: Snapshot<undefined>['status'] = 'active', error?: unknown): ResourceSnapshot {
    const value = this.#phase;
    const isStarting = value === 'starting';
    return { status, value, isStarting, output: undefined, error, context: this } as ResourceSnapshot;
  }

  /** An inspector shows the phase; what the resource is made of is nobody's business. */
  toJSON(): object {
    return { path: this.#input.path };
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';
}
