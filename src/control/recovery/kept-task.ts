/**
 * An open task as it outlives its process: plain data. Functions do not: steps and checks are those the next process
 * gives for the service, by `setPolicy` or by a rule.
 */
import type { Env } from '../../core/env.ts';
import { integer, milliseconds, name, parseOptions, z } from '../../core/schema.ts';
import { RECOVERY_STRATEGIES } from '../../core/recovery-state.ts';
import type { ResolvedRecoveryOptions } from './options.ts';
import type { Cause, Task } from './task.ts';

const kept = z.object({
  v: z.literal(1),
  service: name(),
  strategy: z.enum(RECOVERY_STRATEGIES),
  priority: integer(0, 9),
  reason: name(),
  attempts: integer(0, 1_000_000),
  isHeld: z.boolean(),
  dueInMs: milliseconds(),
  cause: z
    .object({ kind: z.enum(['breaker', 'foreign', 'check', 'signal', 'supervisor', 'call']), name: name() })
    .optional(),
});
export type KeptTask = z.output<typeof kept>;

export function keptId(service: string): string {
  return `task ${service}`;
}

/** An attempt under way is kept as begun: one that takes the process down with it counts. */
export function toKept({ service, order, attempts, state, dueAt, cause }: Task, nowMs: number): KeptTask {
  const { strategy, priority, reason } = order;
  const dueInMs = dueAt === Infinity ? 0 : Math.max(0, Math.ceil(dueAt - nowMs));
  const held = {
    v: 1 as const,
    service,
    strategy,
    priority,
    reason,
    attempts,
    isHeld: state === 'awaitingManual',
    dueInMs,
  };
  return cause === undefined ? held : { ...held, cause: { kind: cause.kind, name: cause.name } satisfies Cause };
}

/** throws  INVALID_OPTIONS for what is no kept task */
export function fromKept(id: string, value: object): KeptTask {
  return parseOptions(kept, value, `kept ${id}`);
}

/** When a task of an earlier process goes on: not all of them at once (Q9). */
export function resumeInMs({ dueInMs }: KeptTask, { spreadMs }: ResolvedRecoveryOptions, env: Env): number {
  return dueInMs + env.random() * spreadMs;
}
