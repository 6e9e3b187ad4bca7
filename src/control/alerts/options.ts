/** The options of alerts: types, bounds and defaults, once. */
import { callback, group, integer, milliseconds, name, theirs, z } from '../../core/schema.ts';
import { type AlertChannel, type DeliverAlert, lackOfChannel } from './channel.ts';
import { DEFAULT_RULES, type DefaultRuleName } from './default-rules.ts';
import {
  change,
  changeOf,
  type changeOfBound,
  channelNames,
  escalation,
  MAX_CHANNELS,
  type ThresholdUnit,
} from './rule-options.ts';

const ruleOption = (unit: ThresholdUnit | undefined) =>
  z
    .union([z.literal(false), unit === undefined ? (change as typeof changeOfBound) : changeOf(unit)], {
      error: 'false, or an object of options',
    })
    .optional();

const rules = group(
  Object.fromEntries(DEFAULT_RULES.map(({ name: rule, unit }) => [rule, ruleOption(unit)])) as Record<
    DefaultRuleName,
    ReturnType<typeof ruleOption>
  >,
);

const channel = z.union([callback<DeliverAlert>('(notice, context) => void'), theirs<AlertChannel>(lackOfChannel)], {
  error: ({ input }) => lackOfChannel(input),
});

const routes = group({
  /** Default: all channels. */
  critical: channelNames.optional(),
  /** Default: all channels. */
  warning: channelNames.optional(),
  /** Default: none. They are told as events and readings. */
  info: channelNames.optional(),
});

export const alertsOptions = group({
  /** Where people are told: what `pagerDuty`, `slack`, `webhook`, `email` and `logChannel` give, functions `(notice, context) => void`, or channels of your own `{ name, deliver }`. */
  channels: z
    .array(channel, { error: `an array of at most ${MAX_CHANNELS} channels` })
    .max(MAX_CHANNELS, { error: `an array of at most ${MAX_CHANNELS} channels` })
    .default([]),
  /** Which channels are told of which severity, by name. */
  routes: routes.prefault({}),
  /** The rules there are, by name: `false` turns one off, `{ threshold, severity, forMs, calmMs, runbook, channels, escalation }` changes it. */
  rules: rules.default({}),
  /** Whom to tell of a critical alert that nobody acknowledges. */
  escalation: escalation.default([]),
  /** Told through one channel in any minute, at most; a third of it is for what is critical. What comes beyond is counted, and the next notice says how many; what is critical is told when there is a place again. What ends an alert that was told is always told. */
  perMinute: integer(1, 10_000).default(30),
});
export type AlertsOptions = z.input<typeof alertsOptions>;
export type ResolvedAlertsOptions = z.output<typeof alertsOptions>;

export const silenceOptions = group({
  rule: name().optional(),
  /** E.g. `breaker/payments`. */
  component: name().optional(),
  forMs: milliseconds(1),
  by: name(),
  reason: name(),
}).refine(({ rule, component }) => rule !== undefined || component !== undefined, {
  error: 'a rule, a component, or both',
});
export type SilenceOptions = z.input<typeof silenceOptions>;

export const ackOptions = group({ by: name() });
