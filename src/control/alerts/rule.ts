/** What a rule is: when something is worth telling people, how urgent it is, and whom it is told. */
import type { EventType, HoldfastEvent } from '../../core/events.ts';
import type { AlertSeverity } from '../../core/readings.ts';
import type { AlertSample } from './sample.ts';

/** What a rule found: one alert for each component, however often it is found. */
export interface Finding {
  readonly component: string;
  readonly message: string;
  /** Told instead of those the rule is routed to, where they are channels. */
  readonly channels?: readonly string[];
}

export interface EscalationStep {
  readonly afterMs: number;
  readonly channels: readonly string[];
}

/** Where the conditions of a rule come from. Pure, but for those of the application. */
export interface RuleLogic {
  /** What it needs and the sample does not have; undefined when it has it. */
  readonly lack?: (sample: AlertSample) => string | undefined;
  /** Everything it finds now. */
  readonly find?: (sample: AlertSample, threshold: number) => readonly Finding[];
  /** What it finds in an event, at once. */
  readonly hear?: Hearing;
  /** Whether what it heard still holds. */
  readonly holds?: (sample: AlertSample, component: string) => boolean;
  /**
   * How far it looks back, or how long an application takes to make what it looks at: in a process younger than that it
   * can find something, and cannot see that it is over.
   */
  readonly windowMs?: number;
  /** Whether nobody can say of it now; for a minute in a row at most that neither ends an alert nor brings it nearer. */
  readonly isUnknown?: (sample: AlertSample, component: string) => boolean;
}

export type Hearing = {
  readonly [T in EventType]?: (event: HoldfastEvent<T>) => Finding | undefined;
};

export interface Rule extends RuleLogic {
  readonly name: string;
  readonly severity: AlertSeverity;
  /** Beyond which it finds something; NaN for a rule that compares with nothing. */
  readonly threshold: number;
  /** How long its condition has to hold before it fires. */
  readonly forMs: number;
  /** How long its condition has to be gone before it is resolved. */
  readonly calmMs: number;
  readonly runbook?: string | undefined;
  /** Those to tell; by default what its severity is routed to. */
  readonly channels?: readonly string[] | undefined;
  readonly escalation?: readonly EscalationStep[] | undefined;
}
