/**
 * The recoveries of all services: one task each, those that are due in the order of `queue.ts`, so many at a time.
 *
 * Which states there are and what leads to the next is the chart's word (`actors/recovery.machine.ts`); here is when.
 * Long, because every move of a task is here; what an attempt does is `attempt.ts`, what schedules by itself is
 * `healer.ts`. At every instant scheduled = waiting + in progress + ended (Q2).
 */
import { recoveryChild } from '../../../actors/recovery-child.ts';
import type { Tree } from '../../../actors/root.ts';
import { stepRecovery } from '../../../actors/step-recovery.ts';
import { Alarm } from '../../core/alarm.ts';
import { describe } from '../../core/describe.ts';
import type { Env } from '../../core/env.ts';
import { HoldfastError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { Intake } from '../../core/intake.ts';
import type { Keep } from '../../core/keep.ts';
import { nullRecord } from '../../core/null-record.ts';
import { checkPolicyHash } from '../../core/policy-hash.ts';
import type { RecoveryReading, Section } from '../../core/readings.ts';
import type { RecoveryEvent, RecoveryState } from '../../core/recovery-state.ts';
import { name, parseOptions } from '../../core/schema.ts';
import { startAttempt } from './attempt.ts';
import { fromKept, keptId, resumeInMs, toKept } from './kept-task.ts';
import {
  byWhom,
  byWhomAndWhy,
  escalation,
  type Order,
  recoveryPolicy,
  type RecoveryPolicy,
  type ResolvedRecoveryOptions,
  type ResolvedRecoveryPolicy,
  type ResolvedRecoveryRule,
  scheduleOptions,
  type ScheduleOptions,
} from './options.ts';
import { firstDue } from './queue.ts';
import type { Rules } from './rules.ts';
import type { Reach, RecoveryStep, StepContext } from './step.ts';
import { type EndedRecovery, type RecoveryResult, type RecoveryStatistics, Statistics } from './statistics.ts';
import { probeBreaker } from './steps/probe-breaker.ts';
import { recoveryDelayMs } from './strategy.ts';
import { type Cause, causeWords, Task } from './task.ts';
import type { Failure } from './within.ts';

export interface RecoveryParts {
  readonly env: Env;
  readonly events: EventSink;
  readonly intake: Intake;
  readonly tree: Pick<Tree, 'add' | 'hasEnded'>;
  readonly keep: Keep;
  readonly policyHash: string;
  readonly options: ResolvedRecoveryOptions;
  readonly rules: Rules;
  /** Attempts before a person is asked, where a policy does not say. */
  readonly maxAttempts: number;
  /** What steps reach besides: the parts of the runtime that go by a name. */
  readonly reach: Omit<Reach, 'service'> & Pick<StepContext, 'restore' | 'restart'>;
  /** Called before a task is made. */
  readonly onTask: () => void;
  /** Something of the application's failed where nobody could be told. Must not throw. */
  readonly onCallbackFailed: (callback: string, error: unknown) => void;
}

/** How a task begins: anew, or where an earlier process left it. */
interface Round {
  readonly order: Order;
  readonly cause: Cause | undefined;
  readonly attempts: number;
  readonly isHeld: boolean;
}

/** An id may not be longer than a name; what is in front of it takes some of the room. */
const LONGEST_SHOWN = 200;
const LONGEST_REASON = 256;

const serviceName = name();

export class Recovery {
  readonly #parts: RecoveryParts;
  readonly #startedAt: number;
  readonly #tasks = new Map<string, Task>();
  readonly #actorIds = new Set<string>();
  readonly #policies = new Map<string, ResolvedRecoveryPolicy>();
  readonly #statistics = new Statistics();
  readonly #defaultPolicy: ResolvedRecoveryPolicy = parseOptions(recoveryPolicy, {}, 'recovery policy');
  readonly #alarm: Alarm;
  #isRunning = false;
  #made = 0;
  #underWay = 0;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
    this.#startedAt = parts.env.now();
    this.#alarm = new Alarm(parts.env, () => this.#pump());
  }

  // ── what an application asks for

  schedule(service: string, given: ScheduleOptions = {}): RecoveryReading {
    const path = `recovery of ${describe(service)}`;
    parseOptions(serviceName, service, 'recovery service');
    const order = parseOptions(scheduleOptions, given, path);
    checkPolicyHash(path, this.#parts.policyHash, order.policy?.policyHash);
    return this.enlist(service, order).reading(this.#startedAt);
  }

  /** in  cause   for a task no person asked for: it does not replace what one ordered, and may heal by itself */
  enlist(service: string, order: Order, cause?: Cause): Task {
    const { intake, env } = this.#parts;
    if (!intake.isOpen) throw intake.stopped(`recovery of "${service}"`);
    const known = this.#tasks.get(service);
    if (known?.isOpen === true) return this.#join(known, order, cause);
    this.#parts.onTask();
    const task = known ?? this.#admit(service, order);
    this.#enter(
      task,
      { order, cause, attempts: 0, isHeld: order.strategy === 'manual' },
      () => env.now() + this.#delayMs(task),
    );
    if (task.state === 'awaitingManual') this.#held(task);
    this.#pump();
    return task;
  }

  /** Resolves when the next attempt is over, or when there will be none. Never rejects but at once. */
  async execute(service: string, given: { readonly by: string }): Promise<RecoveryReading> {
    parseOptions(serviceName, service, 'recovery service');
    const { by } = parseOptions(byWhom, given, `recovery of ${describe(service)} execute`);
    const { intake } = this.#parts;
    if (!intake.isOpen) throw intake.stopped(`recovery of "${service}"`);
    const order: Order = { strategy: 'immediate', priority: 0, reason: `by ${by}`.slice(0, LONGEST_REASON) };
    const task = this.#open(service) ?? this.enlist(service, order);
    if (task.state === 'awaitingManual') this.#approve(task);
    return this.attempted(task, true);
  }

  /**
   * Wait for the end of the next attempt, or for that of the task.
   *
   * in  isForced   begin it as soon as there is a place, though it may be too early
   */
  attempted(task: Task, isForced: boolean): Promise<RecoveryReading> {
    // A listener may have cancelled it the moment it was scheduled.
    if (task.state !== 'scheduled' && task.state !== 'inProgress')
      return Promise.resolve(task.reading(this.#startedAt));
    const over = new Promise<RecoveryReading>((resolve) => {
      task.waiting.add(() => resolve(task.reading(this.#startedAt)));
    });
    if (isForced && task.state === 'scheduled') {
      task.isForced = true;
      task.dueAt = this.#parts.env.now();
    }
    this.#pump();
    return over;
  }

  /** Whether there is anything to find out with that a service is well. */
  canVerify(service: string): boolean {
    const { reach } = this.#parts;
    const hasOwn = this.#policies.get(service)?.healthCheck !== undefined;
    const hasBreaker = reach.breaker(service) !== undefined || reach.foreignState(service) !== undefined;
    return hasOwn || hasBreaker || reach.probe(service) !== undefined;
  }

  /** throws  ILLEGAL_TRANSITION for a service whose task is over, or that never had one */
  cancel(service: string, given: { readonly by: string; readonly reason: string }): void {
    const { by, reason } = parseOptions(byWhomAndWhy, given, `recovery of ${describe(service)} cancel`);
    const task = this.#open(service) ?? none(service, 'cancel');
    this.#stopAttempt(task, new Error(`cancelled by ${by}: ${reason}`));
    this.#end(task, 'cancel', 'cancelled', `${by}: ${reason}`);
    this.#pump();
  }

  /** throws  ILLEGAL_TRANSITION for a service that waits for nobody */
  approve(service: string, given: { readonly by: string }): void {
    parseOptions(byWhom, given, `recovery of ${describe(service)} approve`);
    const task = this.#tasks.get(service);
    if (task?.state !== 'awaitingManual') return none(service, 'approve');
    this.#approve(task);
    this.#pump();
  }

  setPolicy(service: string, given: RecoveryPolicy): void {
    const path = `recovery policy of ${describe(service)}`;
    parseOptions(serviceName, service, 'recovery service');
    const policy = parseOptions(recoveryPolicy, given, path);
    checkPolicyHash(path, this.#parts.policyHash, policy.policyHash);
    const { maxTasks } = this.#parts.options;
    if (!this.#policies.has(service) && this.#policies.size === maxTasks) throw full('policies', maxTasks);
    this.#policies.set(service, policy);
    const task = this.#open(service);
    if (task !== undefined) task.order = { ...task.order, policy };
  }

  status(service: string): RecoveryReading | undefined {
    return this.#tasks.get(service)?.reading(this.#startedAt);
  }

  /** By service: what is open, and what ended last. */
  reading(): Section<RecoveryReading> {
    const section = nullRecord<RecoveryReading>();
    for (const [service, task] of this.#tasks) section[service] = task.reading(this.#startedAt);
    return section;
  }

  statistics(): RecoveryStatistics {
    return this.#statistics.reading(Array.from(this.#tasks.values(), ({ state }) => state));
  }

  history(): readonly EndedRecovery[] {
    return this.#statistics.history();
  }

  // ── what happens by itself

  /** A rule, or a call that failed, wants a recovery. out  undefined where there is none to be had. Never throws. */
  wanted(service: string, order: Order, cause: Cause): Task | undefined {
    try {
      return this.enlist(service, order, cause);
    } catch (error) {
      this.#statistics.refused++;
      if (this.#parts.intake.isOpen) this.#parts.onCallbackFailed(`recovery of ${describe(service)}`, error);
      return undefined;
    }
  }

  /** What a rule scheduled tasks for has gone away by itself. One whose attempt is under way finds out. */
  wentAway(gone: Cause): void {
    for (const task of Array.from(this.#tasks.values())) {
      if (task.cause?.kind !== gone.kind || task.cause.name !== gone.name) continue;
      if (task.state !== 'scheduled' && task.state !== 'awaitingManual') continue;
      this.#stopAttempt(task, new Error('it is well again'));
      this.#end(task, 'heal', 'succeeded', `${causeWords(gone)} is well again`);
    }
    this.#pump();
  }

  // ── its life

  start(): void {
    this.#isRunning = true;
    this.#pump();
  }

  /** No more attempts: those under way are ended as failed, their tasks wait. What is kept goes on in the next process. */
  stop(): void {
    this.#isRunning = false;
    this.#alarm.clear();
    for (const task of this.#tasks.values()) {
      if (task.state === 'inProgress') {
        this.#stopAttempt(task, new Error('stopped'));
        task.dueAt = this.#parts.env.now();
        this.#move(task, 'retry');
      } else if (task.running !== undefined) {
        this.#stopAttempt(task, new Error('stopped'));
        task.dueAt = this.#parts.env.now();
      }
      this.#tellWaiting(task);
    }
  }

  // ── one task

  /** Wanted again while it is open. A person's order replaces what a rule wanted; a rule's adds nothing. */
  #join(task: Task, order: Order, cause: Cause | undefined): Task {
    this.#statistics.joined++;
    if (cause !== undefined) {
      if (task.state === 'awaitingManual') this.#lookLater(task);
      return task;
    }
    task.order = order;
    task.cause = undefined;
    if (task.state === 'scheduled') task.dueAt = this.#parts.env.now() + this.#delayMs(task);
    this.#keep(task);
    this.#pump();
    return task;
  }

  /** in  dueAt   when its next attempt is due, asked once the task says what it is */
  #enter(task: Task, { order, cause, attempts, isHeld }: Round, dueAt: () => number): void {
    const { service } = task;
    const { strategy, priority, reason } = order;
    task.id = `${service}#${++this.#made}`;
    task.order = order;
    task.cause = cause;
    task.attempts = attempts;
    task.scheduledAt = this.#parts.env.now();
    task.endedAt = task.lastError = undefined;
    task.isForced = false;
    task.dueAt = isHeld ? Infinity : dueAt();
    this.#statistics.scheduled++;
    this.#move(task, isHeld ? 'hold' : 'schedule');
    this.#parts.events.emit('recovery.scheduled', { task: task.id, service, strategy, priority, reason });
  }

  #admit(service: string, order: Order): Task {
    const { maxTasks } = this.#parts.options;
    if (this.#tasks.size >= maxTasks) this.#makePlace(maxTasks);
    const task = new Task(service, order);
    const { tree } = this.#parts;
    if (!tree.hasEnded) {
      task.actorId = this.#freeId(service);
      task.actor = tree.add('control', recoveryChild(task.actorId, service, task));
      this.#actorIds.add(task.actorId);
    }
    this.#tasks.set(service, task); // only now: if the tree refuses it, nothing is half there
    return task;
  }

  /** The task that ended first is forgotten. throws  CAPACITY_EXHAUSTED while all are open */
  #makePlace(maxTasks: number): void {
    let oldest: Task | undefined;
    for (const task of this.#tasks.values())
      if (task.endedAt !== undefined && !(oldest !== undefined && oldest.endedAt! <= task.endedAt)) oldest = task;
    if (oldest === undefined) throw full('tasks', maxTasks);
    this.#tasks.delete(oldest.service);
    const { actor, actorId } = oldest;
    void actor?.terminate().then(() => this.#actorIds.delete(actorId));
  }

  /** Its name in the tree. A long one is cut; one that another has, who may be on its way out, gets a number. */
  #freeId(service: string): string {
    const id = `recovery ${service.slice(0, LONGEST_SHOWN)}`;
    let number = 1;
    let free = id;
    while (this.#actorIds.has(free)) free = `${id} ${++number}`;
    return free;
  }

  #approve(task: Task): void {
    this.#stopAttempt(task, new Error('approved'));
    task.attempts = 0;
    task.dueAt = this.#parts.env.now();
    task.isForced = true;
    this.#move(task, 'approve');
  }

  #begin(task: Task): void {
    task.attempts++;
    task.dueAt = Infinity;
    this.#move(task, 'begin');
    const startedAt = this.#parts.env.now();
    const { id } = task;
    this.#run(task, this.#stepsOf(task), (failure) => {
      const durationMs = this.#parts.env.now() - startedAt;
      this.#attempted(task, failure, durationMs);
      if (task.id === id) this.#tellWaiting(task);
    });
  }

  #attempted(task: Task, failure: Failure | undefined, durationMs: number): void {
    const { env, events } = this.#parts;
    const { service, id } = task;
    this.#statistics.attempts++;
    task.isForced = false;
    task.lastError = failure && describe(failure.error);
    const told = { task: id, service, attempt: task.attempts, succeeded: failure === undefined, durationMs };
    const after = (): void => {
      if (failure === undefined) return this.#end(task, 'succeed', 'succeeded');
      if (this.#isExhausted(task)) return this.#exhaust(task);
      if (task.order.strategy === 'manual') return this.#hold(task);
      task.dueAt = env.now() + this.#delayMs(task);
      this.#move(task, 'retry');
    };
    if (failure !== undefined) this.#statistics.failedAttempts++;
    events.emit('recovery.attempted', failure === undefined ? told : { ...told, error: describe(failure.error) });
    // A listener may have cancelled it.
    if (task.id === id && task.state === 'inProgress') after();
  }

  #isExhausted(task: Task): boolean {
    return task.attempts >= (this.#policyOf(task).maxAttempts ?? this.#parts.maxAttempts);
  }

  #exhaust(task: Task): void {
    if (this.#policyOf(task).whenExhausted === 'fail') this.#end(task, 'fail', 'failed');
    else this.#hold(task);
  }

  /** Its last attempt took the process down with it, or a policy of fewer attempts came since: there is no other. */
  #spent(task: Task): void {
    task.lastError ??= 'its last attempt did not end';
    this.#exhaust(task);
    this.#tellWaiting(task);
  }

  #hold(task: Task): void {
    task.dueAt = Infinity;
    this.#move(task, 'hold');
    this.#held(task);
  }

  /** A person is waited for. Where there is a breaker, and a probe, it is looked after meanwhile. */
  #held(task: Task): void {
    const { service, id, attempts, scheduledAt } = task;
    this.#statistics.escalations++;
    this.#lookLater(task);
    const durationMs = this.#parts.env.now() - scheduledAt;
    this.#parts.events.emit('recovery.ended', { task: id, service, result: 'awaitingManual', attempts, durationMs });
  }

  /**
   * An idle dependency must be able to come back, also when a person is asked (spec, "Health"). Ours says when it may be
   * probed again; another library's does not, and is looked at as seldom as may be.
   */
  #lookLater(task: Task): void {
    const { reach, env } = this.#parts;
    const { service, cause } = task;
    const isOurs = reach.breaker(service) !== undefined;
    const hasBreaker = isOurs || reach.foreignState(service) !== undefined;
    if (cause === undefined || !hasBreaker || reach.probe(service) === undefined || task.running !== undefined) return;
    const { initialDelayMs, maxDelayMs } = this.#policyOf(task);
    const leastMs = isOurs ? initialDelayMs : maxDelayMs;
    task.dueAt = env.now() + Math.max(leastMs, this.#stepsWaitMs(task, this.#probing(service)));
    this.#arm();
  }

  #look(task: Task): void {
    task.dueAt = Infinity;
    this.#run(task, this.#probing(task.service), (failure) => {
      if (failure === undefined) this.#end(task, 'heal', 'succeeded', 'it is well again');
      else this.#lookLater(task);
    });
  }

  /** in  then   called once, unless the attempt is stopped before */
  #run(task: Task, steps: readonly RecoveryStep[], then: (failure: Failure | undefined) => void): void {
    const { env, reach } = this.#parts;
    const { timeoutMs, healthCheck } = this.#policyOf(task);
    const { service, attempts, order, isForced } = task;
    const context: Omit<StepContext, 'signal'> = {
      ...reach,
      service,
      attempt: attempts,
      reason: order.reason,
      escalate: (to) => {
        const { channels, message } = parseOptions(escalation, to, 'escalate');
        this.#statistics.escalations++;
        this.#parts.events.emit('recovery.escalated', { task: task.id, service, channels, message });
      },
    };
    const attempt = startAttempt({ env, steps, context, healthCheck, timeoutMs, ref: isForced });
    task.running = attempt;
    this.#underWay++;
    void attempt.done.then((failure) => {
      if (task.running !== attempt) return; // it was stopped, and is no longer waited for
      task.running = undefined;
      this.#underWay--;
      then(failure);
      this.#pump();
    });
  }

  #stopAttempt(task: Task, reason: Error): void {
    const { running } = task;
    if (running === undefined) return;
    task.running = undefined;
    this.#underWay--;
    running.abort(reason);
  }

  #end(task: Task, event: RecoveryEvent, result: RecoveryResult, why?: string): void {
    const { env, events } = this.#parts;
    const { service, id, attempts, scheduledAt, order } = task;
    const now = env.now();
    task.dueAt = Infinity;
    task.endedAt = now;
    this.#move(task, event);
    this.#tellWaiting(task);
    const durationMs = now - scheduledAt;
    const endedAtMs = now - this.#startedAt;
    this.#statistics.ended({ task: id, service, result, attempts, durationMs, reason: order.reason, endedAtMs });
    const told = { task: id, service, result, attempts, durationMs };
    events.emit('recovery.ended', why === undefined ? told : { ...told, reason: why });
  }

  /** The chart's word on what comes next. Every caller knows that there is such an edge. */
  #move(task: Task, event: RecoveryEvent): void {
    const to = stepRecovery(task.state, event);
    if (to === undefined) return none(task.service, event, task.state);
    task.state = to;
    task.actor?.send({ type: event });
    this.#keep(task);
  }

  #tellWaiting(task: Task): void {
    const waiting = Array.from(task.waiting);
    task.waiting.clear();
    for (const tell of waiting) tell();
  }

  #open(service: string): Task | undefined {
    const task = this.#tasks.get(service);
    return task?.isOpen === true ? task : undefined;
  }

  /** Its own, its rule's (an order that was kept has lost its functions), its service's, or the default. */
  #policyOf(task: Task): ResolvedRecoveryPolicy {
    return task.order.policy ?? this.#ruleOf(task)?.policy ?? this.#policies.get(task.service) ?? this.#defaultPolicy;
  }

  #ruleOf({ cause }: Task): ResolvedRecoveryRule | undefined {
    return cause === undefined || cause.kind === 'call' ? undefined : this.#parts.rules.find(cause.kind, cause.name);
  }

  #stepsOf(task: Task): readonly RecoveryStep[] {
    return task.order.steps ?? this.#ruleOf(task)?.steps ?? this.#policyOf(task).steps ?? this.#probing(task.service);
  }

  /** What finds out whether a service is well, before it is asked: ours is to be closed, another library's closes itself. */
  #probing(service: string): readonly RecoveryStep[] {
    return this.#parts.reach.breaker(service) === undefined ? [] : [probeBreaker()];
  }

  #delayMs(task: Task): number {
    const policy = this.#policyOf(task);
    const delayMs = recoveryDelayMs(task.order.strategy, policy, task.attempts + 1, this.#parts.env.random());
    return Math.max(delayMs, this.#stepsWaitMs(task, this.#stepsOf(task)));
  }

  #stepsWaitMs({ service }: Task, steps: readonly RecoveryStep[]): number {
    const { reach, onCallbackFailed } = this.#parts;
    let longestMs = 0;
    for (const step of steps) {
      try {
        const waitMs = step.waitMs?.({ ...reach, service }) ?? 0;
        if (Number.isFinite(waitMs)) longestMs = Math.max(longestMs, waitMs);
      } catch (error) {
        onCallbackFailed(`recovery step "${step.name}" waitMs`, error);
      }
    }
    return longestMs;
  }

  // ── the queue

  #pump(): void {
    const { env, options } = this.#parts;
    while (this.#isRunning && this.#underWay < options.concurrency) {
      const task = firstDue(this.#tasks.values(), options.agingMs, env.now());
      if (task === undefined) break;
      // It may have become too early since it was scheduled: calls of others have opened the breaker anew.
      const waitMs = task.isForced || task.state !== 'scheduled' ? 0 : this.#stepsWaitMs(task, this.#stepsOf(task));
      if (task.state === 'scheduled' && !task.isForced && this.#isExhausted(task)) this.#spent(task);
      else if (waitMs > 0) task.dueAt = env.now() + Math.max(1, waitMs);
      else if (task.state === 'scheduled') this.#begin(task);
      else this.#look(task);
    }
    this.#arm();
  }

  /** For the task that comes due first. */
  #arm(): void {
    const isFull = this.#underWay >= this.#parts.options.concurrency; // the end of an attempt pumps
    if (!this.#isRunning || isFull) return this.#alarm.clear();
    let firstAt = Infinity;
    for (const { dueAt } of this.#tasks.values()) firstAt = Math.min(firstAt, dueAt);
    this.#alarm.set(firstAt);
  }

  // ── what outlives the process

  #keep(task: Task): void {
    const kept = task.isOpen ? toKept(task, this.#parts.env.now()) : null;
    this.#parts.keep.put('recovery', keptId(task.service), kept);
  }

  /** Go on with what an earlier process left open, each at a moment of its own. */
  resume(kept: ReadonlyMap<string, object>): void {
    for (const [id, value] of kept) if (id.startsWith(keptId(''))) this.#resume(id, value);
    this.#pump();
  }

  #resume(id: string, value: object): void {
    const { env, options, onCallbackFailed } = this.#parts;
    try {
      const kept = fromKept(id, value);
      const { service, strategy, priority, reason, attempts, isHeld, cause } = kept;
      if (this.#open(service) !== undefined) return; // this process knows better
      const order: Order = { strategy, priority, reason };
      const task = this.#tasks.get(service) ?? this.#admit(service, order);
      this.#enter(task, { order, cause, attempts, isHeld }, () => env.now() + resumeInMs(kept, options, env));
      if (task.state === 'awaitingManual') this.#lookLater(task);
    } catch (error) {
      onCallbackFailed(id, error);
    }
  }
}

function none(service: string, asked: string, state: RecoveryState | 'idle' = 'idle'): never {
  const component = `recovery of ${describe(service)}`;
  const message = `${component}: expected a task that can ${asked}, found it ${state}`;
  throw new HoldfastError('ILLEGAL_TRANSITION', message, { component });
}

function full(what: string, limit: number): HoldfastError {
  const message = `recovery.maxTasks: expected at most ${limit} ${what}, received one more; raise it when the runtime is created`;
  return new HoldfastError('CAPACITY_EXHAUSTED', message, { component: 'recovery.maxTasks' });
}
