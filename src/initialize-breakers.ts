/**
 * Makes the breakers of known services: all of them, or none.
 *
 * Part of the composition root; `runtime.ts` is its only caller. What can be wrong is found before the first is made:
 * names, options and conflicts by looking, room by a rehearsal that takes what they need and gives it back.
 */
import type { Breakers } from './breakers.ts';
import { parseOptions, z } from './core/schema.ts';
import type { Breaker } from './policies/breaker/breaker.ts';
import {
  type ResolvedSoloBreakerOptions,
  type SoloBreakerOptions,
  soloBreakerOptions,
} from './policies/breaker/options.ts';
import { BreakerSlot, type SlotObserver, type SlotParts } from './policies/breaker/slot.ts';
import { Registry } from './registry.ts';

export type NamedBreakerOptions = SoloBreakerOptions & { readonly name: string };

export interface InitializeParts extends Pick<SlotParts, 'env' | 'slots' | 'steps'> {
  readonly breakers: Breakers;
}

const listOfServices = z.array(
  z.custom<NamedBreakerOptions>((value) => typeof value === 'object' && value !== null, 'an object with a name'),
  { error: 'an array of breakers' },
);

/** throws  as `runtime.breaker`; INVALID_OPTIONS also when two of the list conflict */
export function initializeBreakers(
  { breakers, ...room }: InitializeParts,
  given: readonly NamedBreakerOptions[],
): readonly Breaker[] {
  const services = parseOptions(listOfServices, given, 'initializeBreakers');
  const known = breakers.reading();
  const fresh = new Registry<ResolvedSoloBreakerOptions, ResolvedSoloBreakerOptions>('breaker');
  for (const { name, ...options } of services) {
    const parse = (): ResolvedSoloBreakerOptions => parseOptions(soloBreakerOptions, options, `breaker "${name}"`);
    if (name in known) breakers.named(name, options);
    else fresh.getOrCreate(name, true, parse, (resolved) => resolved);
  }
  rehearse(room, fresh);
  return services.map(({ name, ...options }) => breakers.named(name, options).breaker);
}

/** throws  CAPACITY_EXHAUSTED naming the option; everything is free again, whichever way it ends */
function rehearse(
  room: Pick<SlotParts, 'env' | 'slots' | 'steps'>,
  fresh: Registry<ResolvedSoloBreakerOptions, ResolvedSoloBreakerOptions>,
): void {
  const taken: BreakerSlot[] = [];
  try {
    for (const [, options] of fresh)
      taken.push(new BreakerSlot({ ...room, observer: NOBODY, keepsLatencies: true }, options));
  } finally {
    for (const slot of taken.toReversed()) slot.release(); // so the first gets again what it had
  }
}

const NOBODY: SlotObserver = { transitioned() {}, probing() {}, crossed() {}, callbackFailed() {} };
