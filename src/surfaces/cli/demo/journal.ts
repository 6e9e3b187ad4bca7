/**
 * What the demo's runtime did about its own troubles, in the order it did it: levels, features, recoveries, alerts.
 *
 * Only the last of each are kept, so that a demo somebody forgot does not grow.
 */
import type { EventType, HoldfastEvent, Runtime } from '../../../index.ts';

const KEPT = 64;

/** An event without what is the same in all. `atMs` is since the runtime began. */
export type Told<T extends EventType> = {
  readonly [K in T]: Omit<HoldfastEvent<K>, 'v' | 'wallMs' | 'policyHash'>;
}[T];

export interface Journal {
  readonly levels: readonly Told<'degradation.changed'>[];
  readonly flags: readonly Told<'flag.changed'>[];
  readonly recoveries: readonly Told<'recovery.scheduled' | 'recovery.attempted' | 'recovery.ended'>[];
  readonly alerts: readonly Told<'alert.raised' | 'alert.resolved'>[];
}

export function keepJournal(runtime: Runtime): Journal {
  return {
    levels: heard(runtime, 'degradation.changed'),
    flags: heard(runtime, 'flag.changed'),
    recoveries: heard(runtime, 'recovery.scheduled', 'recovery.attempted', 'recovery.ended'),
    alerts: heard(runtime, 'alert.raised', 'alert.resolved'),
  };
}

/** A list that grows with what is heard. */
function heard<T extends EventType>({ events }: Runtime, ...types: readonly T[]): readonly Told<T>[] {
  const entries: Told<T>[] = [];
  for (const type of types)
    events.on(type, ({ v: _v, wallMs: _wallMs, policyHash: _policyHash, ...told }) => {
      if (entries.push(told as unknown as Told<T>) > KEPT) entries.shift();
    });
  return entries;
}
