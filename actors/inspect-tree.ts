/**
 * Lets somebody watch every actor of a tree, at any time: what lives already is told first, as if it had just been born.
 *
 * It is XState's own inspection with four things added: an observer that throws hurts nobody; who comes late misses no
 * definition; an actor that crashed is shown crashed, of which XState sends no snapshot; and what only supervisors say
 * among themselves is left out, with all that their messages carry. Called by `Tree.inspect`.
 */
import type { ActorRefLike, AnyActor, AnyActorRef, AnyEventObject, InspectionEvent, Observer, Snapshot } from 'xstate';
import { describe } from '../src/core/describe.ts';
import { resourceLogic } from './supervisor/resource.ts';
import { supervisorLogic, whichChildren } from './supervisor/supervisor.ts';

/** A function, or what `@statelyai/inspect` calls `inspector.inspect`. */
export type InspectionObserver = ((event: InspectionEvent) => void) | Observer<InspectionEvent>;

/** What is said to a supervisor and drawn in no chart: its requests, which carry whole specs, and its own reminders. */
export const INTERNAL_EVENTS: readonly string[] = [
  'supervisor.init',
  'supervisor.startChild',
  'supervisor.terminateChild',
  'supervisor.restartChild',
  'supervisor.killChild',
  'supervisor.deleteChild',
  'supervisor.backoffOver',
];

/** Events of the library's own and of XState: they carry inputs, specs and errors. An application's own are told whole. */
const OURS = /^(supervisor|resource|xstate)\./;

/**
 * in      onFailure   hears what the observer threw
 * out     ends it; calling it twice is fine
 */
export function inspectTree(
  root: AnyActorRef,
  observer: InspectionObserver,
  onFailure: (error: unknown) => void,
): () => void {
  const rootId = root.sessionId;
  const known = new WeakSet<ActorRefLike>();
  const crashed = new WeakSet<ActorRefLike>();
  let isOver = false;

  const tell = (event: InspectionEvent): void => {
    if (isOver) return;
    try {
      if (typeof observer === 'function') observer(event);
      else observer.next?.(event);
    } catch (error) {
      onFailure(error); // thrown inside XState it would kill the actor that is being watched
    }
  };

  const tellSnapshot = (actorRef: ActorRefLike, event: AnyEventObject, snapshot: Snapshot<unknown>): void =>
    tell({ type: '@xstate.snapshot', rootId, actorRef, event: bare(event), snapshot: readable(snapshot) });

  const hear = (event: InspectionEvent): void => {
    if (event.type === '@xstate.actor') known.add(event.actorRef);
    if (!('event' in event)) return tell(event);
    if (event.type === '@xstate.snapshot') {
      if (isEcho(event) || crashed.has(event.actorRef)) return;
      return tellSnapshot(event.actorRef, event.event, event.snapshot);
    }
    if (event.type === '@xstate.event' && event.event.type.startsWith('xstate.error.actor.'))
      tellCrash(event.sourceRef as AnyActorRef, event.event);
    if (isEcho(event) || INTERNAL_EVENTS.includes(event.event.type)) return;
    tell({ ...event, event: bare(event.event) });
  };

  const tellCrash = (dead: AnyActorRef, event: AnyEventObject): void => {
    if (isHandWritten(dead)) return; // it never throws: its snapshot follows, with the event that ended it
    crashed.add(dead); // should XState tell it too, once is enough
    tellSnapshot(dead, event, dead.getSnapshot() as Snapshot<unknown>);
  };

  const replay = (actor: AnyActorRef): void => {
    if (!known.has(actor)) {
      tell({ type: '@xstate.actor', rootId, actorRef: actor });
      tellSnapshot(actor, { type: 'xstate.init' }, actor.getSnapshot() as Snapshot<unknown>);
    }
    for (const child of childrenOf(actor)) replay(child);
  };

  const subscription = root.system.inspect(hear); // before the replay: the observer may itself cause births
  replay(root);
  return () => {
    isOver = true;
    subscription.unsubscribe();
  };
}

function childrenOf(actor: AnyActorRef): readonly AnyActorRef[] {
  if (isSupervisor(actor)) return whichChildren(actor).flatMap(({ ref }) => ref ?? []);
  const { children = {} } = actor.getSnapshot() as { readonly children?: Readonly<Record<string, AnyActorRef>> };
  return Object.values(children);
}

/** What XState tells a parent of its child's end. A supervisor hears of it in another way, and doesn't listen. */
function isEcho({ actorRef, event }: Extract<InspectionEvent, { readonly event: AnyEventObject }>): boolean {
  return isSupervisor(actorRef) && /^xstate\.(done|error)\.actor\./.test(event.type);
}

function isSupervisor(actor: ActorRefLike): boolean {
  return (actor as AnyActor).logic === supervisorLogic;
}

function isHandWritten(actor: ActorRefLike): boolean {
  return isSupervisor(actor) || (actor as AnyActor).logic === resourceLogic;
}

/** shape  { type: 'resource.failed', error: new Error('x') } → { type: 'resource.failed', error: 'Error: x' } */
function bare(event: AnyEventObject): AnyEventObject {
  if (!OURS.test(event.type)) return event;
  const { type } = event;
  const plain = Object.entries(event).filter(([, value]) => value === null || typeof value !== 'object');
  const told = Object.fromEntries(plain.filter(([, value]) => typeof value !== 'function'));
  return { ...told, type, ...('error' in event && { error: describe(event['error']) }) };
}

/** An Error in a snapshot would travel as `{}`. */
function readable(snapshot: Snapshot<unknown>): Snapshot<unknown> {
  return snapshot.status === 'error' ? { ...snapshot, error: describe(snapshot.error) } : snapshot;
}
