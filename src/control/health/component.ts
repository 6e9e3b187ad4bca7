/** One thing whose health is known: what each source of the score keeps of what it watches, and shows of it. */
import type { ComponentKind, ComponentReading } from '../../core/readings.ts';
import { statusOf } from './standing.ts';
import type { Uptime } from './uptime.ts';

export interface Component {
  readonly kind: ComponentKind;
  readonly name: string;
  readonly weight: number;
  /** While it is at 0 the whole is at most 0.49, which is critical. */
  readonly critical: boolean;
  readonly uptime: Uptime;
  /** 0…1; null for one that is left out. */
  readonly score: number | null;
  /** Why it is not well, where somebody said so. */
  readonly reason: string | null;
}

/** Where components come from. They are the source's own, and the same ones from tick to tick. */
export interface Source {
  /** Bring them up to now; may call functions of the application. Must not throw. */
  look(nowMs: number): void;
  /** All there are, as of the last look. */
  components(): Iterable<Component>;
}

/** The fifth digit of a day is 0.86 s: enough to see the shortest outage a tick can see, and no digit changes for nothing. */
const DIGITS = 1e5;

/** Its name in the section: kinds have no slash, so a check and a breaker may have one name. */
export function keyOf({ kind, name }: Pick<Component, 'kind' | 'name'>): string {
  return `${kind}/${name}`;
}

export function readComponent(component: Component, nowMs: number): ComponentReading {
  const { kind, name, score, weight, critical, reason, uptime } = component;
  const share = uptime.availabilityAt(nowMs);
  const availability = share === null ? null : Math.round(share * DIGITS) / DIGITS;
  return { kind, name, score, status: statusOf(score), availability, weight, critical, reason };
}
