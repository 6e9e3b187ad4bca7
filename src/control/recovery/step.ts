/**
 * What an attempt does: one step after the other, until one throws. The ready-made ones are `steps/`; an application
 * writes its own as `{ name, run }`.
 */
import type { BreakerState } from '../../core/breaker-state.ts';

export interface RecoveryStep {
  readonly name: string;
  /** Do it. What throws, rejects or takes longer than the policy's `timeoutMs` is a failed attempt. */
  run(context: StepContext): unknown;
  /** How long an attempt would come too early, in milliseconds: it waits at least so long. Not asked by hand. */
  waitMs?(context: Reach): number;
}

/** What a step needs of a breaker. */
export interface RecoverableBreaker {
  readonly state: BreakerState;
  probe(manual: { readonly by: string; readonly reason: string }): void;
  close(manual: { readonly by: string; readonly reason: string }): void;
  execute<T>(fn: () => T | PromiseLike<T>, options: { readonly signal: AbortSignal }): Promise<T>;
  snapshot(): { readonly remainingOpenMs: number };
}

interface Wanted {
  readonly by: string;
  readonly reason?: string | undefined;
}

/** What a step needs of a component's providers. */
export interface ProviderChain {
  /** out  false when there is nowhere to go */
  next(wanted: Wanted): boolean;
  failover(to: string, wanted: Wanted): void;
}

/** What a step may reach: the parts of the runtime that go by a service's name. */
export interface Reach {
  readonly service: string;
  /** The breaker of that name, if there is one. */
  readonly breaker: (name: string) => RecoverableBreaker | undefined;
  /** The state, now, of another library's breaker of that name: null where it cannot be known, undefined where there is none. */
  readonly foreignState: (name: string) => BreakerState | null | undefined;
  /** The providers of that component, if it has some. */
  readonly providers: (component: string) => ProviderChain | undefined;
  /** How to find out whether a service is well: the registered probe, else the health check of that name. It throws when not. */
  readonly probe: (name: string) => ((signal: AbortSignal) => Promise<void>) | undefined;
}

export interface StepContext extends Reach {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Why the recovery was scheduled. */
  readonly reason: string;
  /** Aborted when the attempt's time is up, when it is cancelled, and when the runtime stops. */
  readonly signal: AbortSignal;
  /** Bring the application's state back to its last checkpoint. */
  readonly restore: (name: string) => Promise<void>;
  /** End a supervised child; resolves when it is up again, rejects with the signal's reason. */
  readonly restart: (path: string, signal: AbortSignal) => Promise<void>;
  /** Tell people. */
  readonly escalate: (to: Escalation) => void;
}

export interface Escalation {
  readonly channels: readonly string[];
  readonly message: string;
}
