/** Makes a row of what was measured, with the limits of its name. */
import { quantile } from './quantile.ts';
import type { Row } from './row.ts';
import { NO_TARGET, TARGETS } from './targets.ts';

export interface Figures {
  /** Nanoseconds a call, one for each round or repeat. */
  readonly times?: readonly number[];
  readonly p99?: number;
  readonly bytes?: number;
  readonly ratio?: Readonly<Record<string, number>>;
}

export function rowFor(name: string, { times, p99, bytes, ratio }: Figures): Row {
  const ns = times === undefined ? null : quantile(times, 0.5);
  const spread = ns === null ? null : (quantile(times!, 0.75) - quantile(times!, 0.25)) / ns;
  const { limit, stretch } = TARGETS[name] ?? NO_TARGET;
  return { name, ns, spread, p99: p99 ?? null, bytes: bytes ?? null, ratio: ratio ?? {}, limit, stretch };
}
