/** Tells the world what happened under a supervisor, and lets nothing come back. */
import type { EventPayload, EventType } from '../../src/core/events.ts';
import type { World } from './protocol.ts';

/** The dispatcher isolates its listeners. Should the sink itself throw, there is nobody left to tell. */
export function announce<T extends EventType>(world: World, type: T, payload: EventPayload<T>): void {
  try {
    world.events.emit(type, payload);
  } catch {
    // a supervisor outlives whoever listens to it
  }
}
