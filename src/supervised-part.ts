/**
 * What an application may hang into the supervision tree: anything that starts, stops, and may fail in between, or the
 * logic of an XState actor.
 */
import type { ActorSpec, ChildSpec, ResourceSpec } from '../actors/supervisor/child-spec.ts';
import { callback, having, name, parseOptions } from './core/schema.ts';

/** How it is supervised, in OTP's words; what is left out is OTP's default, and shown. */
interface Supervised {
  /** Unique among the application's parts; 1…256 characters. */
  readonly id: string;
  /** Whether it comes back: `permanent` always, `transient` after a failure, `temporary` never. Default `permanent`. */
  readonly restart?: ActorSpec['restart'];
  /** How long it may take to end when asked; `brutal` does not ask. Default 5,000. */
  readonly shutdownMs?: ActorSpec['shutdownMs'];
}

export interface SupervisedPart<R = unknown> extends Supervised {
  /** Begin a life. `fail` ends it from inside: the part is stopped and started again. */
  start(fail: (cause: unknown) => void): R | Promise<R>;
  /** End it; what `start` gave comes back. */
  stop(resource: R): void | Promise<void>;
}

/** A machine, or any other logic of XState. It is asked to end with `{ type: 'supervisor.shutdown' }`. */
export interface SupervisedActor extends Supervised {
  readonly logic: ActorSpec['logic'];
  readonly input?: unknown;
  /**
   * After a crash it begins where it stood before, `times` in a row (3), unless a life lasts `withinMs` (5,000) or
   * `isGood(snapshot)` is not true. Its delayed transitions are not restored. Without it, each life is a clean start.
   */
  readonly lastGood?: ActorSpec['lastGood'];
}

export interface SupervisedHandle {
  /** Settles with the first start: rejects with START_FAILED when it failed. */
  readonly ready: Promise<void>;
  /** Stop the part and take it out of the tree. */
  terminate(): Promise<void>;
}

export interface SupervisedActorHandle extends SupervisedHandle {
  /** To the life of the moment; dropped while there is none, and by a part that is no actor. */
  send(event: { readonly type: string }): void;
}

const supervisedActor = having({ id: name() });
const supervisedPart = having({
  id: name(),
  start: callback('(fail) => resource'),
  stop: callback('(resource) => void'),
});

/** throws  INVALID_OPTIONS; what is not looked at here is looked at by the tree */
export function supervisedChild<R>(part: SupervisedPart<R> | SupervisedActor): ChildSpec {
  if (isActor(part)) {
    parseOptions(supervisedActor, part, 'supervise');
    const { id, logic, input, restart, shutdownMs, lastGood } = part;
    return given({ id, logic, input, restart, shutdownMs, lastGood }) as ChildSpec;
  }
  const { id } = parseOptions(supervisedPart, part, 'supervise');
  const { restart, shutdownMs } = part;
  const start: ResourceSpec['start'] = (scope) => part.start((cause) => scope.fail(cause));
  const stop: ResourceSpec['stop'] = (resource) => part.stop(resource as R);
  return given({ id, restart, shutdownMs, start, stop }) as ChildSpec;
}

function isActor<R>(part: SupervisedPart<R> | SupervisedActor): part is SupervisedActor {
  return typeof part === 'object' && part !== null && 'logic' in part;
}

/** Without what was left out: undefined is no value of an optional field. */
function given(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
