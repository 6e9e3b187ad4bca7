/** One service's recovery: the task under way, or the last one. It holds and says; `recovery.ts` acts. */
import type { ChildHandle } from '../../../actors/root.ts';
import type { RecoveryReading } from '../../core/readings.ts';
import type { RecoveryState } from '../../core/recovery-state.ts';
import type { Attempt } from './attempt.ts';
import type { Order } from './options.ts';
import type { Queued } from './queue.ts';
import type { HappeningKind } from './rules.ts';

/** What scheduled it where no person did. When what a rule saw goes away by itself, so does the task. */
export interface Cause {
  readonly kind: HappeningKind | 'call';
  readonly name: string;
}

/** shape  { kind: 'foreign', name: 'mail' } → 'breaker "mail"' */
export function causeWords({ kind, name }: Cause): string {
  return `${kind === 'foreign' ? 'breaker' : kind} "${name.slice(0, 128)}"`;
}

/** A waiting person's look at whether things are well again is less urgent than any task. */
const LOOK_PRIORITY = 10;

export class Task implements Queued {
  readonly service: string;
  id = '';
  state: RecoveryState = 'idle';
  order: Order;
  cause: Cause | undefined = undefined;
  attempts = 0;
  scheduledAt = 0;
  dueAt = Infinity;
  endedAt: number | undefined = undefined;
  isForced = false;
  lastError: string | undefined = undefined;
  /** The attempt under way, or the look at a service whose task waits for a person. */
  running: Attempt | undefined = undefined;
  actor: ChildHandle | undefined = undefined;
  actorId = '';
  /** Told when the next attempt is over, or there will be none. */
  readonly waiting = new Set<() => void>();

  constructor(service: string, order: Order) {
    this.service = service;
    this.order = order;
  }

  get isOpen(): boolean {
    return this.state === 'scheduled' || this.state === 'inProgress' || this.state === 'awaitingManual';
  }

  get priority(): number {
    return this.state === 'awaitingManual' ? LOOK_PRIORITY : this.order.priority;
  }

  reading(startedAt: number): RecoveryReading {
    const { strategy, priority, reason } = this.order;
    return {
      task: this.id,
      state: this.state,
      strategy,
      priority,
      reason,
      attempts: this.attempts,
      scheduledAtMs: this.scheduledAt - startedAt,
      dueAtMs: this.state === 'scheduled' ? this.dueAt - startedAt : null,
      endedAtMs: this.endedAt === undefined ? null : this.endedAt - startedAt,
      lastError: this.lastError ?? null,
    };
  }
}
