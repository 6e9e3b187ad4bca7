/**
 * The two members of an XState actor that we call and its types hide. Nobody else may reach past the types.
 *
 * Written against xstate 5.33.3. When either goes, test/actors/supervisor/orphans.test.ts and scheduler.test.ts fail.
 */
import type { AnyActorRef, EventObject } from 'xstate';

interface Hidden {
  _stop(): void;
  readonly system: { _relay(from: AnyActorRef, to: AnyActorRef, event: EventObject): void };
}

/** Send as `from`, so that an inspector sees who spoke. `actor.send` has no sender. */
export function relay(from: AnyActorRef, to: AnyActorRef, event: EventObject): void {
  hidden(from).system._relay(from, to, event);
}

/** Stop an actor that is not our own child. `actor.stop` refuses every actor but the root. */
export function cutOff(actor: AnyActorRef): void {
  hidden(actor)._stop();
}

function hidden(actor: AnyActorRef): Hidden {
  return actor as unknown as Hidden;
}
