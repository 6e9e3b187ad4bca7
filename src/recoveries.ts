/**
 * The runtime's recovery: tasks, self-healer and providers put together, and the face an application sees.
 *
 * Part of the composition root; `runtime.ts` is its only caller. Its part of the tree begins with its first use: a
 * runtime that recovers nothing has no timer of it.
 */
import type { Tree } from '../actors/root.ts';
import type { Breakers } from './breakers.ts';
import { Checkpoints } from './control/recovery/checkpoints.ts';
import { Failovers } from './control/recovery/failovers.ts';
import { Healer } from './control/recovery/healer.ts';
import type { ResolvedRecoveryOptions } from './control/recovery/options.ts';
import { holdingNow } from './control/recovery/holding.ts';
import { mustBeWell } from './control/recovery/must-be-well.ts';
import { ProbesOut } from './control/recovery/probes-out.ts';
import { Recovery } from './control/recovery/recovery.ts';
import { Rules } from './control/recovery/rules.ts';
import { Sources } from './control/recovery/sources.ts';
import type { Cause } from './control/recovery/wants.ts';
import type { BreakerState } from './core/breaker-state.ts';
import type { Dispatcher } from './core/dispatcher.ts';
import type { Env } from './core/env.ts';
import type { Intake } from './core/intake.ts';
import type { Keep } from './core/keep.ts';
import type { ProviderSeat } from './core/provider-seat.ts';
import type { CheckAnswer, Readings } from './core/readings.ts';
import { restartChild } from './restart-child.ts';
import type { RuntimeRecovery } from './runtime-faces.ts';

export interface RecoveriesParts {
  readonly env: Env;
  readonly intake: Intake;
  readonly dispatcher: Dispatcher;
  readonly tree: Tree;
  readonly breakers: Pick<Breakers, 'find'>;
  readonly policyHash: string;
  readonly options: ResolvedRecoveryOptions;
  readonly maxAttempts: number;
  /** What the score is made of. */
  readonly components: () => Readings['components'];
  /** The state, now, of another library's breaker of that name; undefined where there is none. */
  readonly foreignState: (name: string) => BreakerState | null | undefined;
  /** How to ask the health check of a name, out of turn; undefined where there is none. */
  readonly checkOf?: (name: string) => (() => Promise<CheckAnswer>) | undefined;
  /** Where tasks, positions and checkpoints outlive the process, and whether they do. */
  readonly keep: Keep;
  readonly hasStore: boolean;
}

type ProbeOf = (name: string) => ((signal: AbortSignal) => Promise<void>) | undefined;

export class Recoveries {
  readonly recovery: Recovery;
  readonly face: RuntimeRecovery;
  readonly #parts: RecoveriesParts;
  readonly #keep: Keep;
  readonly #sources = new Sources();
  readonly #checkpoints: Checkpoints;
  readonly #probesOut: ProbesOut;
  readonly #failovers: Failovers;
  readonly #healer: Healer;
  #hasBegun = false;
  #hasResumed = false;

  constructor(parts: RecoveriesParts) {
    const { env, intake, dispatcher, tree, breakers, policyHash, options, maxAttempts, keep, hasStore } = parts;
    this.#parts = parts;
    this.#keep = keep;
    this.#probesOut = new ProbesOut(env);
    this.#failovers = new Failovers({
      env,
      events: dispatcher,
      keep,
      onSwitched: (component, { by, reason }) => this.#freshStart(component, by, reason),
    });
    const onCallbackFailed = (callback: string, error: unknown): void => dispatcher.callbackFailed(callback, error);
    this.#checkpoints = new Checkpoints({ env, events: dispatcher, keep, hasStore, onCallbackFailed });
    const rules = new Rules(policyHash, options.rules);
    this.recovery = new Recovery({
      env,
      events: dispatcher,
      intake,
      tree,
      keep,
      policyHash,
      options,
      rules,
      maxAttempts,
      reach: {
        breaker: (name) => breakers.find(name),
        foreignState: parts.foreignState,
        providers: (component) => this.#failovers.get(component),
        probe: this.#probeOf,
        restore: (name) => this.#checkpoints.restore(name),
        restart: (path, signal) => restartChild(tree, dispatcher, path, signal),
      },
      onTask: () => this.begin(),
      onCallbackFailed,
    });
    this.#healer = new Healer({
      recovery: this.recovery,
      rules,
      isOpen: () => intake.isOpen,
      together: (work) => dispatcher.together(work),
      on: (type, listener) => void dispatcher.on(type, listener as never),
      hasProbe: (service) => this.#probeOf(service) !== undefined,
      probesIdle: options.probeIdle,
      holding: () => holdingNow(parts.components(), (name) => breakers.find(name)?.state),
    });
    this.face = this.#makeFace(rules);
  }

  get reading(): Pick<Readings, 'recoveries' | 'providers'> {
    return { recoveries: this.recovery.reading(), providers: this.#failovers.reading() };
  }

  /** Where the pipeline of that name reads its provider. */
  seat(name: string): ProviderSeat {
    return this.#failovers.seat(name);
  }

  /** A named breaker has changed its state. Never throws. */
  breakerMoved(name: string, to: BreakerState, rule: string): void {
    this.#healer.breakerMoved(name, to, rule);
  }

  /** There is a probe, or a health check, of that name now. Never throws. */
  probeGiven(name: string): void {
    const { breakers, foreignState } = this.#parts;
    this.#healer.probeGiven('breaker', name, breakers.find(name)?.state);
    this.#healer.probeGiven('foreign', name, foreignState(name));
  }

  /** A check, or a breaker of another library, is there no more. Never throws. */
  sourceEnded(kind: 'check' | 'foreign', name: string): void {
    this.#healer.sourceEnded(kind, name);
  }

  /** Hang it into the tree. Called by the first use, and at the start where something may have been kept. */
  begin(): void {
    const { tree, intake } = this.#parts;
    if (this.#hasBegun || !intake.isOpen) return;
    this.#hasBegun = true;
    if (tree.hasEnded) return this.#start(); // the root gave up: recovered all the same, by nobody watched
    tree.add('control', { id: 'recovery', start: () => this.#start(), stop: () => this.stop() });
  }

  /** The root has given up: what had begun goes on. */
  goOnAlone(): void {
    if (this.#hasBegun) this.#start();
  }

  stop(): void {
    this.recovery.stop();
    this.#failovers.stop();
  }

  #start(): void {
    this.recovery.start();
    this.#failovers.start();
    if (this.#hasResumed) return;
    this.#hasResumed = true;
    this.#keep.onLate(() => void this.#resume(true));
    void this.#resume(false);
  }

  async #resume(isLate: boolean): Promise<void> {
    try {
      const kept = await this.#keep.all('recovery');
      if (!this.#parts.intake.isOpen) return; // it is the next process's
      this.recovery.resume(kept);
      this.#failovers.resume(kept);
      if (isLate) this.#leaveWhatIsWell();
    } catch (error) {
      this.#parts.dispatcher.callbackFailed('what was kept of recoveries', error);
    }
  }

  /** What is well already does not say so again. */
  #leaveWhatIsWell(): void {
    for (const { cause } of this.recovery.wants) if (this.#isWell(cause)) this.recovery.wentAway(cause);
  }

  #isWell({ kind, name }: Cause): boolean {
    const { breakers, foreignState, components } = this.#parts;
    if (kind === 'breaker') return breakers.find(name)?.state === 'closed';
    if (kind === 'foreign') return foreignState(name) === 'closed';
    return kind === 'check' && components()[`check/${name}`]?.score === 1;
  }

  /** The probe the application gave, else the health check of that name. */
  readonly #probeOf: ProbeOf = (name) => {
    const probe = this.#sources.probe(name);
    if (probe !== undefined)
      return async (signal) => {
        const provider = this.#failovers.get(name)?.current;
        mustBeWell(await this.#probesOut.ask(name, () => probe({ signal, provider })));
      };
    const ask = this.#parts.checkOf?.(name);
    if (ask === undefined) return undefined;
    return async () => mustBeWell(await ask());
  };

  /** What the breaker of a component knows is about the provider that was left. What a person did to it stays. */
  #freshStart(component: string, by: string, reason: string): void {
    const breaker = this.#parts.breakers.find(component);
    if (breaker?.state === 'open' || breaker?.state === 'halfOpen') breaker.close({ by, reason });
  }

  #makeFace(rules: Rules): RuntimeRecovery {
    const recovery = this.recovery;
    const { intake } = this.#parts;
    const open = (what: string): void => {
      if (!intake.isOpen) throw intake.stopped(`recovery.${what}`);
    };
    return Object.freeze<RuntimeRecovery>({
      schedule: (service, order) => recovery.schedule(service, order),
      execute: (service, manual) => recovery.execute(service, manual),
      status: ((service?: string) =>
        service === undefined ? recovery.reading() : recovery.status(service)) as RuntimeRecovery['status'],
      cancel: (service, manual) => recovery.cancel(service, manual),
      setPolicy: (service, policy) => recovery.plans.set(service, policy),
      approve: (service, manual) => recovery.approve(service, manual),
      failover: (component, backup, manual) => {
        open('failover');
        this.#failovers.failover(component, backup, manual);
      },
      providers: (component, options) => {
        open('providers');
        const providers = this.#failovers.add(component, options);
        this.begin();
        return providers;
      },
      checkpoint: (service, pair) => {
        open('checkpoint');
        return this.#checkpoints.set(service, pair);
      },
      probe: (service, probe) => {
        open('probe');
        const end = this.#sources.setProbe(service, probe);
        this.probeGiven(service);
        return end;
      },
      rule: (rule) => {
        open('rule');
        return this.#healer.ruleAdded(() => rules.add(rule));
      },
      statistics: () => recovery.statistics(),
      history: () => recovery.history(),
    });
  }
}
