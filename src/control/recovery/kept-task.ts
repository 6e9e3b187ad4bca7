/**
 * An open task as it outlives its process: plain data. Functions do not: steps and checks are those the next process
 * gives for the service, by `setPolicy` or by a rule.
 */
import type { Env } from '../../core/env.ts';
import { integer, milliseconds, name, parseOptions, z } from '../../core/schema.ts';
import { RECOVERY_STRATEGIES } from '../../core/recovery-state.ts';
import type { ResolvedRecoveryOptions } from './options.ts';
import type { Task } from './task.ts';
import type { Cause } from './wants.ts';

const cause = z.object({
  kind: z.enum(['breaker', 'foreign', 'check', 'signal', 'supervisor', 'call']),
  name: name(),
});

const kept = z.object({
  v: z.literal(1),
  service: name(),
  strategy: z.enum(RECOVERY_STRATEGIES),
  priority: integer(0, 9),
  reason: name(),
  attempts: integer(0, 1_000_000),
  isHeld: z.boolean(),
  dueInMs: milliseconds(),
  causes: z
    .array(cause.extend({ isDefault: z.boolean().default(false) }))
    .max(16)
    .optional(),
  isOrdered: z.boolean().optional(),
  /** Of files written before there could be several. */
  cause: cause.optional(),
});
type Kept = z.output<typeof kept>;

export interface KeptTask extends Omit<Kept, 'cause' | 'causes' | 'isOrdered'> {
  readonly causes: readonly (Cause & { readonly isDefault: boolean })[];
  /** Whether a person ordered it. */
  readonly isOrdered: boolean;
}

export function keptId(service: string): string {
  return `task ${service}`;
}

/** An attempt under way is kept as begun: one that takes the process down with it counts. */
export function toKept({ service, order, attempts, state, dueAt, wants }: Task, nowMs: number): KeptTask & { v: 1 } {
  const { strategy, priority, reason } = order;
  return {
    v: 1,
    service,
    strategy,
    priority,
    reason,
    attempts,
    isHeld: state === 'awaitingManual',
    dueInMs: dueAt === Infinity ? 0 : Math.max(0, Math.ceil(dueAt - nowMs)),
    causes: wants.all().map(({ cause: { kind, name: of }, isDefault }) => ({ kind, name: of, isDefault })),
    isOrdered: wants.ordered !== undefined,
  };
}

/** throws  INVALID_OPTIONS for what is no kept task */
export function fromKept(id: string, value: object): KeptTask {
  const {
    cause: only,
    causes = only === undefined ? [] : [{ ...only, isDefault: false }],
    isOrdered,
    ...task
  } = parseOptions(kept, value, `kept ${id}`);
  return { ...task, causes, isOrdered: isOrdered ?? causes.length === 0 };
}

/** When a task of an earlier process goes on: not all of them at once (Q9). */
export function resumeInMs({ dueInMs }: KeptTask, { spreadMs }: ResolvedRecoveryOptions, env: Env): number {
  return dueInMs + env.random() * spreadMs;
}
