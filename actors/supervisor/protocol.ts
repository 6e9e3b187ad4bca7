/** The events a supervisor understands: what others ask of it, and what it tells itself through its mailbox. */
import type { EventSink } from '../../src/core/events.ts';
import type { Env } from '../../src/core/env.ts';
import type { ResolvedSpec } from './child-spec.ts';

/** Called once, with an error when it could not be done. */
export type Reply = (error?: Error) => void;

export type SupervisorRequest =
  /** Answered when the child is up, or has failed to start. Adding the very same spec twice adds it once. */
  | { readonly type: 'supervisor.startChild'; readonly spec: ResolvedSpec; readonly reply?: Reply }
  /** Answered when it is down. It does not count. The spec stays for `restartChild`, unless it is to `forget` it. */
  | {
      readonly type: 'supervisor.terminateChild';
      readonly id: string;
      readonly forget?: boolean;
      readonly reply?: Reply;
    }
  /** Stop it if it is up, then start it. It does not count. Answered as `startChild`. */
  | { readonly type: 'supervisor.restartChild'; readonly id: string; readonly reply?: Reply }
  /** End it as a crash would: what follows is what follows a crash. Answered when it is dying. */
  | { readonly type: 'supervisor.killChild'; readonly id: string; readonly error: unknown; readonly reply?: Reply }
  /** Forget a child that is down. */
  | { readonly type: 'supervisor.deleteChild'; readonly id: string; readonly reply?: Reply };

/** About one life of a child. `life` tells it from every other; a child of the same name may have had several. */
interface AboutLife {
  readonly id: string;
  readonly life: number;
}

/** From one of its children's lives. */
export type LifeSignal =
  | ({ readonly type: 'supervisor.childReady' } & AboutLife)
  | ({ readonly type: 'supervisor.childExited' } & AboutLife)
  | ({ readonly type: 'supervisor.budgetOver' } & AboutLife)
  /** A start has failed: it is tried again only after what is in the mailbox already. */
  | ({ readonly type: 'supervisor.retry' } & AboutLife)
  | ({ readonly type: 'supervisor.backoffOver' } & AboutLife);

export type SupervisorSignal =
  | LifeSignal
  | { readonly type: 'supervisor.init' }
  | { readonly type: 'supervisor.groupBackoffOver' };

export type ShutdownEvent = { readonly type: 'supervisor.shutdown' };

/** What every supervised actor may be sent by its supervisor. It is to reach a final state within its budget. */
export const SHUTDOWN: ShutdownEvent = Object.freeze({ type: 'supervisor.shutdown' });

/** A child that is done with this output has exited `shutdown`, not `normal`. */
export const EXIT_SHUTDOWN = Object.freeze({ exit: 'shutdown' });

export type SupervisorEvent = SupervisorRequest | SupervisorSignal | ShutdownEvent | { readonly type: 'xstate.stop' };

/** What every supervisor and resource of a tree shares. */
export interface World {
  readonly env: Env;
  readonly events: EventSink;
}

/** True for the snapshot of an actor that runs but whose start is not over. XState has no such idea; a flag says it. */
export function isStarting(snapshot: unknown): boolean {
  return (snapshot as { readonly isStarting?: boolean }).isStarting === true;
}
