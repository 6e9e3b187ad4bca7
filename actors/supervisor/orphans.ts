/**
 * Stops what a dead actor has left running.
 *
 * XState stops an actor's invoked and spawned children when it ends as its chart says; when it throws, they run on, and
 * not even stopping the parent reaches them. Called for every actor that ends, so an orphan's own children go with it.
 */
import type { AnyActorRef } from 'xstate';
import { cutOff } from '../internals.ts';

/** Stop the children in the actor's last snapshot, the youngest first. Those that have ended are left as they are. */
export function stopOrphans(dead: AnyActorRef): void {
  const { children } = dead.getSnapshot() as { readonly children?: Readonly<Record<string, AnyActorRef | undefined>> };
  if (children === undefined) return;
  for (const child of Object.values(children).toReversed()) if (child !== undefined) cutOff(child);
}
