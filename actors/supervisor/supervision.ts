/**
 * What a supervisor does with each event: OTP's `supervisor`, as one object per running supervisor. It is long because
 * its methods share one small state; what could be decided without that state is in the files beside.
 *
 * Children come and go each on their own; only three things need an order across children, and each is a `Plan`: the
 * first start, a group's restart, and the end. While a plan is under way requests wait; exits never do, since the plan
 * that an exit asks for always contains what is left of the one before.
 *
 * Everything here runs inside one transition of the supervisor's actor and never throws. `supervisor.ts` makes it one.
 */
import { describe } from '../../src/core/describe.ts';
import type { Timer } from '../../src/core/env.ts';
import { HoldfastError, invalidOptions } from '../../src/core/errors.ts';
import { announce } from './announce.ts';
import { backoffMs } from './backoff.ts';
import { Child, type Cradle, type Exit } from './child.ts';
import { checkSignificance, duplicateChild, type ResolvedSpec, type ResolvedSupervisor } from './child-spec.ts';
import { countRestart } from './intensity.ts';
import { notStarted, stopped } from './not-up.ts';
import { restartThem, startAll, stopAll, willSettle, willStop, type Ending, type Plan } from './plan.ts';
import {
  EXIT_SHUTDOWN,
  type Reply,
  type SupervisorEvent,
  type SupervisorRequest,
  type LifeSignal,
  type World,
} from './protocol.ts';
import { afterExit, isAlone, restartGroup } from './strategy.ts';

export type Phase = 'starting' | 'running' | 'stopping' | 'backoff' | 'stopped';

export class Supervision {
  /** In start order: a child that is restarted keeps its place. */
  readonly children = new Map<string, Child>();
  phase: Phase = 'starting';
  ending: Ending | undefined;
  readonly #path: string;
  readonly #world: World;
  readonly #cradle: Cradle;
  readonly #supervisor: ResolvedSupervisor;
  readonly #waiting: SupervisorRequest[] = [];
  #plan: Plan | undefined;
  #groupTimer: Timer | undefined;
  #restarts: readonly number[] = [];
  #lives = 0;
  /** Every child of the spec has been up once. Until then a child that doesn't start is a supervisor that doesn't. */
  #hasStarted = false;

  constructor(path: string, world: World, cradle: Cradle, supervisor: ResolvedSupervisor) {
    this.#path = path;
    this.#world = world;
    this.#cradle = cradle;
    this.#supervisor = supervisor;
    for (const spec of supervisor.children) this.#enlist(spec);
  }

  get isStarting(): boolean {
    return !this.#hasStarted && this.ending === undefined;
  }

  receive(event: SupervisorEvent): void {
    this.#take(event);
    while (this.#plan === undefined && this.ending === undefined) {
      const request = this.#waiting.shift();
      if (request === undefined) return;
      this.#serve(request);
    }
  }

  #take(event: SupervisorEvent): void {
    switch (event.type) {
      case 'xstate.stop':
        return this.#cutOff();
      case 'supervisor.shutdown':
        return this.#finish({ status: 'done', output: undefined, error: undefined });
      case 'supervisor.init':
        return this.#follow(startAll(this.children.values()));
      case 'supervisor.groupBackoffOver':
        return this.#groupBackoffOver();
      case 'supervisor.childReady':
      case 'supervisor.childExited':
      case 'supervisor.budgetOver':
      case 'supervisor.backoffOver':
      case 'supervisor.retry': {
        const child = this.children.get(event.id);
        if (child?.life === event.life) this.#hear(child, event.type); // else it is of an earlier life
        return;
      }
      case 'supervisor.startChild':
      case 'supervisor.terminateChild':
      case 'supervisor.restartChild':
      case 'supervisor.killChild':
      case 'supervisor.deleteChild':
        if (this.#plan === undefined) this.#serve(event);
        else this.#waiting.push(event);
        return;
    }
    // What XState itself tells a parent, `xstate.done.actor.*` and `xstate.error.actor.*`, names the child but not its
    // life: after a restart it would end the wrong one. The observer in child.ts tells the same, exactly.
  }

  #hear(child: Child, what: LifeSignal['type']): void {
    switch (what) {
      case 'supervisor.childReady':
        if (child.state !== 'starting' || !child.isLive) return;
        this.#up(child);
        break;
      case 'supervisor.childExited':
        if (child.exit === undefined) return; // dealt with already
        if (child.state === 'stopping' || willStop(this.#plan, child)) this.#down(child);
        else this.#exited(child, child.exit);
        break;
      case 'supervisor.budgetOver':
        if (child.state !== 'stopping' || !child.isLive) return;
        child.cutOff(`cut off after ${child.spec.shutdownMs} ms`);
        if (!child.isLive) this.#down(child);
        break;
      case 'supervisor.backoffOver':
        if (child.state === 'backoff') this.#start(child);
        return;
      case 'supervisor.retry':
        if (child.state === 'backoff' && !willSettle(this.#plan, child)) this.#restart(child);
        return;
    }
    this.#advance();
  }

  // ── requests

  #serve(request: SupervisorRequest): void {
    const { reply } = request;
    if (request.type === 'supervisor.startChild') return this.#add(request.spec, reply);
    const child = this.children.get(request.id);
    if (child === undefined) {
      const error = invalidOptions(`${this.#path} ${request.type}.id`, 'the id of a child', request.id);
      return this.#answer(reply, error);
    }
    if (request.type === 'supervisor.deleteChild') return this.#delete(child, reply);
    if (request.type === 'supervisor.killChild') return this.#kill(child, request.error, reply);
    if (request.type === 'supervisor.restartChild') {
      if (reply !== undefined) child.whenUp.push(reply);
      child.next = 'start';
    } else {
      if (reply !== undefined) child.whenDown.push(reply);
      child.next = request.forget === true ? 'leave' : 'stay';
    }
    if (child.isLive && child.state !== 'stopping') child.close();
    if (!child.isLive) this.#down(child);
  }

  #add(spec: ResolvedSpec, reply: Reply | undefined): void {
    const existing = this.children.get(spec.id);
    if (existing?.spec === spec) return; // a roster's member, asked for by two
    if (existing !== undefined) return this.#answer(reply, duplicateChild(this.#path, spec.id));
    try {
      checkSignificance(this.#path, this.#supervisor.flags, spec);
    } catch (error) {
      return this.#answer(reply, error as Error);
    }
    const child = this.#enlist(spec);
    if (reply !== undefined) child.whenUp.push(reply);
    this.#start(child);
  }

  #delete(child: Child, reply: Reply | undefined): void {
    if (child.state === 'stopped') {
      this.#remove(child);
      return this.#answer(reply);
    }
    this.#answer(reply, wrongState(child, 'stopped'));
  }

  #kill(child: Child, error: unknown, reply: Reply | undefined): void {
    if (!child.isLive || child.state === 'stopping') return this.#answer(reply, wrongState(child, 'up'));
    child.kill(error);
    this.#answer(reply);
  }

  // ── one child

  #enlist(spec: ResolvedSpec): Child {
    const child = new Child(spec, `${this.#path}/${spec.id}`, this.#cradle);
    this.children.set(spec.id, child);
    return child;
  }

  #start(child: Child): void {
    const begun = child.begin(++this.#lives);
    if (begun === 'failed') this.#startFailed(child, child.exit!);
    else if (begun === 'running') this.#up(child);
  }

  #up(child: Child): void {
    child.state = 'running';
    child.next = 'stay';
    const { path, incarnation, isRestored } = child;
    announce(this.#world, 'child.started', { child: path, incarnation, ...(isRestored && { restored: true }) });
    this.#answerAll(child.whenUp);
  }

  #startFailed(child: Child, exit: Exit): void {
    this.#announceExit(child, exit);
    child.bury();
    const error = notStarted(child.path, exit.error);
    this.#answerAll(child.whenUp, error);
    if (this.#plan !== undefined && this.#plan.start[this.#plan.started] === child) {
      if (!this.#hasStarted) return this.#finish({ status: 'error', output: undefined, error });
      this.#plan = undefined; // the retry makes a plan of its own
      this.phase = 'running';
    }
    if (child.isTemporary) return this.#remove(child);
    child.state = 'backoff';
    this.#cradle.tell({ type: 'supervisor.retry', id: child.spec.id, life: child.life });
  }

  /** A life ended that nobody had asked to. */
  #exited(child: Child, exit: Exit): void {
    if (child.state === 'starting') {
      if (exit.reason === 'error') return this.#startFailed(child, exit);
      this.#up(child);
    }
    const { backoff } = this.#supervisor.flags;
    // A life as long as the longest wait was a good one.
    if (backoff !== undefined && this.#world.env.now() - child.startedAtMs >= backoff.maxMs) child.failures = 0;
    this.#announceExit(child, exit);
    child.bury();
    const consequence = afterExit(child.spec.restart, exit.reason);
    if (consequence === 'restart') return this.#restart(child);
    if (consequence === 'remove') this.#remove(child);
    this.#considerAutoShutdown(child);
  }

  /** A child that was to be stopped is down, whatever it died of. */
  #down(child: Child): void {
    if (child.ref !== undefined)
      this.#announceExit(child, child.exit?.reason === 'error' ? child.exit : { reason: 'shutdown', error: undefined });
    child.bury();
    const { next } = child;
    child.next = 'stay';
    const comesBack = next === 'start' && this.ending === undefined && this.#plan?.ending === undefined;
    if (!comesBack && (next === 'leave' || child.isTemporary)) this.#remove(child);
    this.#answerAll(child.whenDown);
    if (comesBack) this.#start(child);
    else this.#answerAll(child.whenUp, stopped(child.path));
  }

  #remove(child: Child): void {
    this.children.delete(child.spec.id);
    this.#guard(`roster of ${this.#path}`, () => this.#supervisor.roster?.removed(child.spec.id));
  }

  #announceExit(child: Child, { reason, error }: Exit): void {
    const text = child.cutOffBecause ?? (reason === 'error' ? describe(error) : undefined);
    announce(this.#world, 'child.exited', {
      child: child.path,
      incarnation: child.incarnation,
      reason,
      ...(text !== undefined && { error: text }),
    });
  }

  // ── restarts

  #restart(child: Child): void {
    const { flags } = this.#supervisor;
    const counted = countRestart(this.#restarts, this.#world.env.now(), flags);
    this.#restarts = counted.restarts;
    if (counted.exceeded) return this.#giveUp(child);
    child.restarts++;
    child.failures++;
    const waitMs = flags.backoff === undefined ? 0 : backoffMs(child.failures, flags.backoff, this.#world.env.random());
    if (isAlone(flags.strategy)) {
      if (waitMs > 0) child.waitBeforeRestart(waitMs);
      else this.#start(child);
      return;
    }
    child.state = 'backoff';
    const { stop, start } = restartGroup(flags.strategy, [...this.children.values()], child);
    this.#follow(restartThem(stop, waitMs, start));
  }

  #giveUp(child: Child): void {
    const { intensity, periodMs } = this.#supervisor.flags;
    const message = `${this.#path}: expected at most ${intensity} restarts within ${periodMs} ms, received one more, of ${child.path}`;
    const error = new HoldfastError('RESTARTS_EXHAUSTED', message, {
      component: this.#path,
      cause: child.lastExit?.error,
    });
    announce(this.#world, 'supervisor.escalated', { child: this.#path, error: describe(error) });
    this.#finish({ status: 'error', output: undefined, error });
  }

  #considerAutoShutdown(child: Child): void {
    const { autoShutdown } = this.#supervisor.flags;
    if (!child.spec.significant || autoShutdown === 'never') return;
    if (autoShutdown === 'allSignificant')
      for (const { spec, state } of this.children.values()) if (spec.significant && state !== 'stopped') return;
    this.#finish({ status: 'done', output: EXIT_SHUTDOWN, error: undefined });
  }

  // ── plans

  #follow(plan: Plan): void {
    this.#clearGroupTimer();
    this.#plan = plan;
    this.#advance();
  }

  /** The first ending stands: a supervisor that gives up is not made well by being asked to stop. */
  #finish(ending: Ending): void {
    if (this.ending !== undefined || this.#plan?.ending !== undefined) return;
    this.#follow(stopAll(this.children.values(), ending));
  }

  /** Go as far as possible without waiting. */
  #advance(): void {
    for (let plan = this.#plan; plan !== undefined && this.ending === undefined; plan = this.#plan) {
      if (plan.stopped < plan.stop.length) {
        this.phase = 'stopping';
        if (!this.#stopNext(plan)) return;
      } else if (plan.waitMs > 0) {
        this.phase = 'backoff';
        return this.#armGroupTimer(plan.waitMs);
      } else if (plan.started < plan.start.length) {
        this.phase = 'starting';
        if (!this.#startNext(plan)) return;
      } else this.#conclude(plan);
    }
  }

  /** out  false while the child is not down yet */
  #stopNext(plan: Plan): boolean {
    const child = plan.stop[plan.stopped]!;
    // Dynamic children of one kind stop side by side, each within its own budget.
    const sideBySide = plan.stopped === 0 && this.#supervisor.flags.strategy === 'simpleOneForOne';
    for (const each of sideBySide ? plan.stop : [child]) if (each.isLive && each.state !== 'stopping') each.close();
    child.next = child.next === 'leave' ? 'leave' : 'stay';
    if (child.isLive) return false;
    plan.stopped++;
    this.#down(child);
    return true;
  }

  /** out  false while the child is starting */
  #startNext(plan: Plan): boolean {
    const child = plan.start[plan.started]!;
    if (child.state === 'starting') return false;
    if (child.state !== 'running') this.#start(child);
    if (child.state === 'running') plan.started++;
    return true;
  }

  #conclude(plan: Plan): void {
    this.#plan = undefined;
    if (plan.ending !== undefined) return this.#end(plan.ending);
    this.phase = 'running';
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    for (const { spec, reply } of this.#supervisor.roster?.entries() ?? []) this.#add(spec, reply);
  }

  #armGroupTimer(ms: number): void {
    const over = (): void => this.#cradle.tell({ type: 'supervisor.groupBackoffOver' });
    this.#groupTimer ??= this.#world.env.setTimer(over, ms, false);
  }

  #groupBackoffOver(): void {
    if (this.#plan === undefined || this.#groupTimer === undefined) return;
    this.#groupTimer = undefined;
    this.#plan.waitMs = 0;
    this.#advance();
  }

  #clearGroupTimer(): void {
    if (this.#groupTimer !== undefined) this.#world.env.clearTimer(this.#groupTimer);
    this.#groupTimer = undefined;
  }

  // ── the end

  /** Our own supervisor has no more time for us. */
  #cutOff(): void {
    this.#end({ status: 'stopped', output: undefined, error: undefined });
    for (const child of [...this.children.values()].toReversed()) {
      if (child.isLive) child.cutOff('cut off with its supervisor');
      this.#down(child);
    }
  }

  #end(ending: Ending): void {
    this.#plan = undefined;
    this.#clearGroupTimer();
    this.phase = 'stopped';
    this.ending = ending;
    for (const { reply } of this.#waiting.splice(0)) this.#answer(reply, stopped(this.#path));
  }

  // ── telling

  #answerAll(replies: Reply[], error?: Error): void {
    for (const reply of replies.splice(0)) this.#answer(reply, error);
  }

  #answer(reply: Reply | undefined, error?: Error): void {
    if (reply !== undefined) this.#guard(`reply of ${this.#path}`, () => reply(error));
  }

  /** Whoever is called from here may throw; that is no reason for a supervisor to die. */
  #guard(callback: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      announce(this.#world, 'callback.failed', { callback, error: describe(error) });
    }
  }

  /** What an inspector shows. The children are actors and show themselves. */
  toJSON(): object {
    const { strategy } = this.#supervisor.flags;
    return { path: this.#path, strategy, children: this.children.size, recentRestarts: this.#restarts.length };
  }
}

function wrongState({ path, state }: Child, expected: string): HoldfastError {
  const message = `${path}: expected a child that is ${expected}, received one that is ${state}`;
  return new HoldfastError('ILLEGAL_TRANSITION', message, { component: path });
}
