/** One service's recovery: the task under way, or the last one. It holds and says; `recovery.ts` acts. */
import type { ChildHandle } from '../../../actors/root.ts';
import type { RecoveryReading } from '../../core/readings.ts';
import type { RecoveryState } from '../../core/recovery-state.ts';
import type { Attempt } from './attempt.ts';
import type { Order } from './options.ts';
import type { Queued } from './queue.ts';
import { type Cause, Wants } from './wants.ts';

/** To look whether things are well again, where no attempt is to be made, is less urgent than any task. */
const LOOK_PRIORITY = 10;

export class Task implements Queued {
  readonly service: string;
  id = '';
  state: RecoveryState = 'idle';
  readonly wants = new Wants();
  order: Order;
  #plan: Order | undefined = undefined;
  attempts = 0;
  scheduledAt = 0;
  dueAt = Infinity;
  endedAt: number | undefined = undefined;
  isForced = false;
  lastError: string | undefined = undefined;
  /** The attempt under way, or the look at a service of which no attempt is to be made. */
  running: Attempt | undefined = undefined;
  /** Attempts that are over and whose functions still run, and how long the next one waits for them. */
  readonly atWork = new Set<Attempt>();
  atWorkUntil = 0;
  actor: ChildHandle | undefined = undefined;
  actorId = '';
  /** Told when the next attempt is over, or there will be none, each with its place among them. */
  readonly waiting = new Set<(place: number) => void>();

  constructor(service: string, order: Order) {
    this.service = service;
    this.order = order;
  }

  get isOpen(): boolean {
    return this.state === 'scheduled' || this.state === 'inProgress' || this.state === 'awaitingManual';
  }

  get priority(): number {
    return this.state === 'scheduled' ? this.order.priority : LOOK_PRIORITY;
  }

  /** What the order in force is because of; undefined for a person's. */
  get cause(): Cause | undefined {
    return this.wants.ordered === undefined ? this.wants.first?.cause : undefined;
  }

  /** Who wants it, or what, has changed. out  whether something else is to be done now */
  decide(): boolean {
    const { plan, priority } = this.wants;
    if (plan === undefined) return false;
    const isOther = plan !== this.#plan;
    this.#plan = plan;
    this.order = plan.priority === priority ? plan : { ...plan, priority };
    return isOther;
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
