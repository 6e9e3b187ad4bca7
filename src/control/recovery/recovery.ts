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
import { HoldfastError, isHoldfastError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { Intake } from '../../core/intake.ts';
import type { Keep } from '../../core/keep.ts';
import { nullRecord } from '../../core/null-record.ts';
import { checkPolicyHash } from '../../core/policy-hash.ts';
import type { RecoveryReading, Section } from '../../core/readings.ts';
import type { RecoveryEvent, RecoveryState } from '../../core/recovery-state.ts';
import { name, parseOptions } from '../../core/schema.ts';
import { type Attempt, startAttempt } from './attempt.ts';
import { fromKept, keptId, resumeInMs, toKept } from './kept-task.ts';
import {
  byWhom,
  byWhomAndWhy,
  escalation,
  type Order,
  PROBE_IDLE,
  scheduleOptions,
  type ScheduleOptions,
} from './options.ts';
import { Plans, type PlansParts, tooMany } from './plans.ts';
import { firstDue } from './queue.ts';
import { type Refusal, Refusals } from './refusals.ts';
import type { RecoveryStep, StepContext } from './step.ts';
import { type EndedRecovery, type RecoveryResult, type RecoveryStatistics, Statistics } from './statistics.ts';
import { recoveryDelayMs } from './strategy.ts';
import { Task } from './task.ts';
import { type Cause, causeWords, type Want } from './wants.ts';
import type { Failure } from './within.ts';

export interface RecoveryParts extends PlansParts {
  readonly env: Env;
  readonly events: EventSink;
  readonly intake: Intake;
  readonly tree: Pick<Tree, 'add' | 'hasEnded'>;
  readonly keep: Keep;
  /** Attempts before a person is asked, where a policy does not say. */
  readonly maxAttempts: number;
  readonly reach: PlansParts['reach'] & Pick<StepContext, 'restore' | 'restart'>;
  /** Called before a task is made. */
  readonly onTask: () => void;
}

/** How a task begins: anew, or where an earlier process left it. */
interface Round {
  /** By a person. */
  readonly ordered: Order | undefined;
  readonly wants: readonly Want[];
  readonly attempts: number;
  readonly isHeld: boolean;
  readonly dueAt: number;
}

/** How it stands when an attempt is over, and the place of this one among those who waited for it: 0 is the first. */
interface Over {
  readonly reading: RecoveryReading;
  readonly place: number;
}

/** Somebody waits for an attempt. */
export interface Awaited {
  readonly over: Promise<Over>;
  /** Wait no longer. */
  readonly leave: () => void;
}

/** From one look at a service to the next, whatever the policy says. */
const LEAST_LOOK_MS = 1_000;
/** Of one service, whose attempts are over; with so many no other attempt is made. */
const MOST_AT_WORK = 2;

/** An id may not be longer than a name; what is in front of it takes some of the room. */
const LONGEST_SHOWN = 200;
const LONGEST_REASON = 256;

const serviceName = name();

export class Recovery {
  readonly #parts: RecoveryParts;
  readonly #startedAt: number;
  readonly #tasks = new Map<string, Task>();
  readonly #actorIds = new Set<string>();
  readonly plans: Plans;
  readonly #statistics = new Statistics();
  readonly #refusals = new Refusals();
  readonly #alarm: Alarm;
  #isRunning = false;
  /** There was no room for a task, which was told, and none has ended since. */
  #isFull = false;
  #made = 0;
  #underWay = 0;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
    this.#startedAt = parts.env.now();
    this.#alarm = new Alarm(parts.env, () => this.#pump());
    this.plans = new Plans(parts);
  }

  // ── what an application asks for

  schedule(service: string, given: ScheduleOptions = {}): RecoveryReading {
    const path = `recovery of ${describe(service)}`;
    parseOptions(serviceName, service, 'recovery service');
    const order = parseOptions(scheduleOptions, given, path);
    checkPolicyHash(path, this.#parts.policyHash, order.policy?.policyHash);
    return this.enlist(service, order).reading(this.#startedAt);
  }

  /** in  want   for a task no person asked for: it does not replace what one ordered, and may heal by itself */
  enlist(service: string, order: Order, want?: Want): Task {
    const { intake, env } = this.#parts;
    if (!intake.isOpen) throw intake.stopped(`recovery of "${service}"`);
    // Asked first: steps are the application's, and may ask for a recovery themselves.
    const waitMs = this.#isOpen(service)
      ? 0
      : this.plans.waitMs(service, this.plans.stepsFor(service, order, want?.cause));
    const known = this.#tasks.get(service);
    if (known?.isOpen === true) return this.#join(known, order, want);
    this.#parts.onTask();
    const task = known ?? this.#admit(service, order);
    this.#stopAttempt(task, new Error('it is being recovered'));
    const policy = this.plans.policyFor(service, order, want?.cause);
    this.#enter(task, {
      ordered: want === undefined ? order : undefined,
      wants: want === undefined ? [] : [want],
      attempts: 0,
      isHeld: order.strategy === 'manual',
      dueAt: env.now() + Math.max(waitMs, recoveryDelayMs(order.strategy, policy, 1, env.random())),
    });
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
    return (await this.attempted(task, true).over).reading;
  }

  /**
   * Wait for the end of the next attempt, or for that of the task.
   *
   * in  isForced   begin it as soon as there is a place, though it may be too early
   */
  attempted(task: Task, isForced: boolean): Awaited {
    const { promise: over, resolve } = Promise.withResolvers<Over>();
    const tell = (place: number): void => resolve({ reading: task.reading(this.#startedAt), place });
    const leave = (): void => void task.waiting.delete(tell);
    // A listener may have cancelled it the moment it was scheduled.
    if (task.state !== 'scheduled' && task.state !== 'inProgress') {
      tell(0);
      return { over, leave };
    }
    task.waiting.add(tell);
    if (isForced && task.state === 'scheduled') {
      task.isForced = true;
      task.dueAt = this.#parts.env.now();
    }
    this.#pump();
    return { over, leave };
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
    const tasks = Array.from(this.#tasks.values());
    const zombies = tasks.reduce((sum, { atWork }) => sum + atWork.size, 0);
    return this.#statistics.reading(
      tasks.map(({ state }) => state),
      zombies,
    );
  }

  history(): readonly EndedRecovery[] {
    return this.#statistics.history();
  }

  // ── what happens by itself

  /** A rule, or a call that failed, wants a recovery. out  undefined where there is none to be had now. Never throws. */
  wanted(service: string, want: Want): Task | undefined {
    const known = this.#tasks.get(service);
    const isLooking = known?.isOpen === false && known.running !== undefined;
    if (isLooking && isBreakerOf(service, want.cause)) return undefined; // our own look has found it no better
    try {
      return this.enlist(service, want.order, want);
    } catch (error) {
      this.#statistics.refused++;
      const isFull = isHoldfastError(error) && error.code === 'CAPACITY_EXHAUSTED';
      if (isFull) this.#refuse({ service, ...want });
      const isTold = isFull && this.#isFull; // thousands of calls may fail meanwhile
      this.#isFull ||= isFull;
      if (this.#parts.intake.isOpen && !isTold) this.#parts.onCallbackFailed(`recovery of ${describe(service)}`, error);
      return undefined;
    }
  }

  /**
   * What wanted recoveries has gone away by itself. A task that nothing else wants ends; one whose attempt is under way
   * finds out. A breaker that closes is also what a failed call of its service was about.
   */
  wentAway(gone: Cause): void {
    for (const task of this.#without(withCalls(gone))) {
      if (task.state !== 'scheduled' && task.state !== 'awaitingManual') continue;
      this.#stopAttempt(task, new Error('it is well again'));
      this.#end(task, 'heal', 'succeeded', `${causeWords(gone)} is well again`);
    }
    this.#pump();
  }

  /** What wanted recoveries is not to be recovered: a person forced it, or it is there no more. Nothing else wants them. */
  takenBack(gone: Cause, why: string): void {
    this.#cancel(this.#without(withCalls(gone)), `${causeWords(gone)} ${why}`);
  }

  /** No rule says any more what to do about what one saw; a call that failed wants what it wanted. */
  unruled(causes: readonly Cause[]): void {
    this.#cancel(this.#without(causes), 'the rule that wanted it has ended');
  }

  /** Everything that wants a recovery now, but for people; also what found no room. */
  get wants(): readonly Want[] {
    const open = Array.from(this.#tasks.values()).filter(({ isOpen }) => isOpen);
    return [...open.flatMap(({ wants }) => wants.all()), ...this.#refusals.all()];
  }

  #cancel(tasks: readonly Task[], reason: string): void {
    for (const task of tasks) {
      this.#stopAttempt(task, new Error(reason));
      this.#end(task, 'cancel', 'cancelled', reason);
    }
    this.#pump();
  }

  /** out  the open tasks that nothing wants any more; the others do what is wanted now */
  #without(causes: readonly Cause[]): readonly Task[] {
    const unwanted: Task[] = [];
    for (const cause of causes) {
      this.#refusals.wentAway(cause);
      for (const task of Array.from(this.#tasks.values())) {
        if (!task.wants.remove(cause) || !task.isOpen) continue;
        if (task.wants.plan === undefined) unwanted.push(task);
        else if (task.decide()) this.#replan(task, false);
      }
    }
    return unwanted;
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

  /** Wanted again while it is open. A person's order replaces what was to be done; of the others' the most urgent counts. */
  #join(task: Task, order: Order, want: Want | undefined): Task {
    this.#statistics.joined++;
    if (want === undefined) task.wants.ordered = order;
    else task.wants.add(want);
    if (task.decide()) this.#replan(task, want === undefined);
    else if (task.state === 'awaitingManual') this.#lookLater(task);
    this.#keep(task);
    this.#pump();
    return task;
  }

  /**
   * Something else is to be done. An attempt under way goes on.
   *
   * in  isOrdered   by a person: it begins anew, and says more than an approval
   */
  #replan(task: Task, isOrdered: boolean): void {
    const { id, state } = task;
    const isManual = task.order.strategy === 'manual';
    if (state === 'awaitingManual') {
      if (isManual || (!isOrdered && this.#isExhausted(task))) return this.#lookLater(task);
      const { attempts } = task;
      this.#approve(task, false);
      if (!isOrdered) task.attempts = attempts;
    } else if (state === 'scheduled') {
      if (isManual) return this.#hold(task);
      const dueAt = this.#parts.env.now() + this.plans.delayMs(task);
      if (task.id !== id || task.state !== state) return; // a step that was asked has cancelled it
      task.dueAt = isOrdered ? dueAt : Math.min(task.dueAt, dueAt);
    }
  }

  #enter(task: Task, { ordered, wants, attempts, isHeld, dueAt }: Round): void {
    const { service } = task;
    task.id = `${service}#${++this.#made}`;
    task.wants.clear();
    task.wants.ordered = ordered;
    for (const want of wants) task.wants.add(want);
    task.decide();
    const { strategy, priority, reason } = task.order;
    task.attempts = attempts;
    task.scheduledAt = this.#parts.env.now();
    task.endedAt = task.lastError = undefined;
    task.isForced = false;
    task.dueAt = isHeld ? Infinity : dueAt;
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
    if (oldest === undefined) throw tooMany('tasks', maxTasks);
    const { service, actor, actorId, dueAt } = oldest;
    if (dueAt !== Infinity || oldest.running !== undefined) this.#refuse(defaultWant(service)); // it is looked after still
    this.#stopAttempt(oldest, new Error('it is forgotten'));
    this.#tasks.delete(service);
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

  /** in  isForced   at once, whatever its strategy says */
  #approve(task: Task, isForced = true): void {
    this.#stopAttempt(task, new Error('approved'));
    task.attempts = 0;
    task.isForced = isForced;
    this.#move(task, 'approve');
    task.dueAt = this.#parts.env.now() + (isForced ? 0 : this.plans.delayMs(task));
  }

  #begin(task: Task): void {
    task.attempts++;
    task.dueAt = Infinity;
    this.#move(task, 'begin');
    const startedAt = this.#parts.env.now();
    const { id } = task;
    const steps = task.atWork.size < MOST_AT_WORK ? this.plans.stepsOf(task) : [REFUSE_TO_BEGIN];
    this.#run(task, steps, (failure) => {
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
      const delayMs = this.plans.delayMs(task);
      if (task.id !== id || task.state !== 'inProgress') return; // a step that was asked has cancelled it
      task.dueAt = env.now() + delayMs;
      this.#move(task, 'retry');
    };
    if (failure !== undefined) this.#statistics.failedAttempts++;
    events.emit('recovery.attempted', failure === undefined ? told : { ...told, error: describe(failure.error) });
    // A listener may have cancelled it.
    if (task.id === id && task.state === 'inProgress') after();
  }

  #isExhausted(task: Task): boolean {
    return task.attempts >= (this.plans.policyOf(task).maxAttempts ?? this.#parts.maxAttempts);
  }

  #exhaust(task: Task): void {
    if (this.plans.policyOf(task).whenExhausted === 'fail') this.#end(task, 'fail', 'failed');
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
   * An idle dependency must be able to come back, also when a person is asked, and whatever became of its task (spec,
   * "Health"). Ours says when it may be probed again; another library's does not, and is looked at as seldom as may be.
   */
  #lookLater(task: Task): void {
    const { reach, env } = this.#parts;
    const { service, id, state } = task;
    if (state === 'scheduled' || state === 'inProgress' || task.running !== undefined) return;
    if (reach.probe(service) === undefined || !this.#isLookedAfter(task)) return;
    const isOurs = reach.breaker(service) !== undefined;
    const { initialDelayMs, maxDelayMs } = this.plans.policyOf(task);
    const waitMs = this.plans.waitMs(service, this.plans.probing(service));
    if (task.id !== id || task.state !== state) return;
    task.dueAt = env.now() + Math.max(LEAST_LOOK_MS, isOurs ? initialDelayMs : maxDelayMs, waitMs);
    this.#arm();
  }

  /** A task that may heal by itself, as long as it waits; beside any other a breaker, as long as it is not closed. */
  #isLookedAfter(task: Task): boolean {
    const { reach, options } = this.#parts;
    const [ours, foreign] = [reach.breaker(task.service)?.state, reach.foreignState(task.service)];
    if (this.#mayHeal(task)) return ours !== undefined || foreign !== undefined;
    return options.probeIdle && [ours, foreign].some((state) => state === 'open' || state === 'halfOpen');
  }

  /** What a person wants to decide is not decided by a look. */
  #mayHeal({ state, wants }: Task): boolean {
    return state === 'awaitingManual' && wants.ordered?.strategy !== 'manual';
  }

  #look(task: Task): void {
    task.dueAt = Infinity;
    this.#run(task, this.plans.probing(task.service), (failure) => {
      if (failure === undefined && this.#mayHeal(task)) this.#end(task, 'heal', 'succeeded', 'it is well again');
      else this.#lookLater(task);
    });
  }

  /** in  then   called once, unless the attempt is stopped before */
  #run(task: Task, steps: readonly RecoveryStep[], then: (failure: Failure | undefined) => void): void {
    const { env, reach } = this.#parts;
    const { timeoutMs, healthCheck } = this.plans.policyOf(task);
    const { service, attempts, order, isForced } = task;
    const context: Omit<StepContext, 'signal'> = {
      ...reach,
      service,
      attempt: attempts,
      reason: order.reason,
      escalate: (to) => {
        const { channels, message } = parseOptions(escalation, to, 'escalate');
        if (task.running !== attempt) return; // what a step says whose attempt is over is not heard
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
      this.#leaveAtWork(task, attempt);
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
    this.#leaveAtWork(task, running);
  }

  /** Its function may heed no signal. The next attempt waits for it, as long as an attempt may take: two side by side could hurt. */
  #leaveAtWork(task: Task, attempt: Attempt): void {
    if (!attempt.isAtWork) return;
    task.atWork.add(attempt);
    const untilMs = this.#parts.env.now() + this.plans.policyOf(task).timeoutMs;
    task.atWorkUntil = untilMs;
    void attempt.settled.then(() => {
      task.atWork.delete(attempt);
      if (task.atWork.size > 0 || task.dueAt !== untilMs) return;
      task.dueAt = this.#parts.env.now();
      this.#pump();
    });
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
    if (task.id === id) this.#lookLater(task);
    this.#isFull = false;
    const next = this.#refusals.take();
    if (next !== undefined) this.wanted(next.service, next);
  }

  #refuse(refusal: Refusal): void {
    if (refusal.cause.kind !== 'call') this.#refusals.add(refusal); // a call is over by then
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
    for (const [place, tell] of waiting.entries()) tell(place);
  }

  #isOpen(service: string): boolean {
    return this.#open(service) !== undefined;
  }

  #open(service: string): Task | undefined {
    const task = this.#tasks.get(service);
    return task?.isOpen === true ? task : undefined;
  }

  // ── the queue

  #pump(): void {
    const { env, options } = this.#parts;
    while (this.#isRunning && this.#underWay < options.concurrency) {
      const task = firstDue(this.#tasks.values(), options.agingMs, env.now());
      if (task === undefined) break;
      if (task.atWork.size > 0 && env.now() < task.atWorkUntil) task.dueAt = task.atWorkUntil;
      else if (task.state === 'scheduled') this.#next(task);
      else this.#look(task);
    }
    this.#arm();
  }

  /** A scheduled task is due. */
  #next(task: Task): void {
    const { id, isForced } = task;
    if (!isForced && this.#isExhausted(task)) return this.#spent(task);
    // It may have become too early since it was scheduled: calls of others have opened the breaker anew.
    const waitMs = isForced ? 0 : this.plans.waitMs(task.service, this.plans.stepsOf(task));
    if (task.id !== id || task.state !== 'scheduled') return; // a step that was asked has cancelled it
    if (waitMs > 0) task.dueAt = this.#parts.env.now() + Math.max(1, waitMs);
    else this.#begin(task);
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
      const { service, strategy, priority, reason, attempts, isHeld, causes, isOrdered } = kept;
      if (this.#isOpen(service)) return; // this process knows better
      const order: Order = { strategy, priority, reason };
      const task = this.#tasks.get(service) ?? this.#admit(service, order);
      const ordered = isOrdered ? order : undefined;
      const wants = causes.map(({ isDefault, ...cause }) => ({ cause, order, isDefault }));
      this.#enter(task, { ordered, wants, attempts, isHeld, dueAt: env.now() + resumeInMs(kept, options, env) });
      if (task.state === 'awaitingManual') this.#lookLater(task);
    } catch (error) {
      onCallbackFailed(id, error);
    }
  }
}

/** Too many of its functions are at work still. */
const REFUSE_TO_BEGIN: RecoveryStep = {
  name: 'begin',
  run() {
    throw new Error(`expected its attempts before to have ended, found ${MOST_AT_WORK} at work still`);
  },
};

/** Of a breaker, also what calls that failed wanted. */
function withCalls(gone: Cause): readonly Cause[] {
  const isBreaker = gone.kind === 'breaker' || gone.kind === 'foreign';
  return isBreaker ? [gone, { kind: 'call', name: gone.name }] : [gone];
}

function isBreakerOf(service: string, { kind, name: breaker }: Cause): boolean {
  return (kind === 'breaker' || kind === 'foreign') && breaker === service;
}

/** A breaker that nobody may be calling. */
function defaultWant(service: string): Refusal {
  const cause = { kind: 'breaker', name: service } as const;
  const order = { ...PROBE_IDLE, reason: `${causeWords(cause)} is not closed` };
  return { service, cause, order, isDefault: true };
}

function none(service: string, asked: string, state: RecoveryState | 'idle' = 'idle'): never {
  const component = `recovery of ${describe(service)}`;
  const message = `${component}: expected a task that can ${asked}, found it ${state}`;
  throw new HoldfastError('ILLEGAL_TRANSITION', message, { component });
}
