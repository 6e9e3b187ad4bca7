/**
 * The delayed events of an actor system, kept per actor.
 *
 * XState's own scheduler looks through the timers of the whole system each time an actor ends: 15–19 ms at 100,000
 * timers, against 5 µs here. Its `cancelAll` is also the one place that hears of every actor's end, whatever ended it;
 * `onEnd` passes that on.
 *
 * A second delayed event under the same id replaces the first; XState would deliver both.
 */
import type { ActorSystem, ActorSystemInfo, AnyActorRef } from 'xstate';
import type { Env, Timer } from '../src/core/env.ts';
import { relay } from './internals.ts';

/** Call it before the system's root is started. The timers never keep the process alive. */
export function installScheduler(
  system: ActorSystem<ActorSystemInfo>,
  env: Env,
  onEnd: (actor: AnyActorRef) => void,
): void {
  const timersOf = new Map<AnyActorRef, Map<string, Timer>>();
  let unnamed = 0;

  /** out  the timer, no longer ours */
  const take = (source: AnyActorRef, id: string): Timer | undefined => {
    const timers = timersOf.get(source);
    const timer = timers?.get(id);
    timers?.delete(id);
    if (timers?.size === 0) timersOf.delete(source);
    return timer;
  };

  const cancel = (source: AnyActorRef, id: string): void => {
    const timer = take(source, id);
    if (timer !== undefined) env.clearTimer(timer);
  };

  system.scheduler = {
    schedule(source, target, event, delay, id = `unnamed.${++unnamed}`) {
      cancel(source, id);
      const fire = (): void => {
        take(source, id);
        relay(source, target, event);
      };
      const timer = env.setTimer(fire, delay, false);
      const timers = timersOf.get(source);
      if (timers === undefined) timersOf.set(source, new Map([[id, timer]]));
      else timers.set(id, timer);
    },
    cancel,
    cancelAll(actor) {
      const timers = timersOf.get(actor);
      timersOf.delete(actor);
      if (timers !== undefined) for (const timer of timers.values()) env.clearTimer(timer);
      onEnd(actor);
    },
  };
}
