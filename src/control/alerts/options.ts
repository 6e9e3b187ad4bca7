/** The options of alerts: types, bounds and defaults, once. */
import { callback, group, integer, milliseconds, name, theirs, z } from '../../core/schema.ts';
import { type AlertChannel, type DeliverAlert, lackOfChannel } from './channel.ts';
import { DEFAULT_RULES, type DefaultRuleName } from './default-rules.ts';
import type { AlertSample } from './sample.ts';

const MAX_CHANNELS = 16;
const MAX_STEPS = 16;

const channelName = name();
const channelNames = z
  .array(channelName, { error: 'an array of names of channels' })
  .max(MAX_CHANNELS, { error: `at most ${MAX_CHANNELS} names of channels` });

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
const severity = z.enum(SEVERITIES, { error: `one of ${SEVERITIES.join(', ')}` });

const escalationStep = group({
  /** So long after it began to fire, unless somebody acknowledged it. */
  afterMs: milliseconds(),
  channels: channelNames.min(1, { error: 'at least one name of a channel' }),
});
const escalation = z
  .array(escalationStep, { error: 'an array of { afterMs, channels }' })
  .max(MAX_STEPS, { error: `at most ${MAX_STEPS} steps` });

const LINK = 'an http or https URL';
const runbook = z
  .string({ error: LINK })
  .max(2_048, { error: 'a URL of at most 2048 characters' })
  .refine((url) => /^https?:\/\//i.test(url) && URL.canParse(url), { error: LINK });

/** What whoever makes a rule, or changes one of ours, may say of it. */
const commonShape = {
  /** How long its condition has to hold before it fires. */
  forMs: milliseconds().optional(),
  /** How long its condition has to be gone before it is resolved. */
  calmMs: milliseconds().optional(),
  /** What to do about it; a link that is sent with it. */
  runbook: runbook.optional(),
  /** The channels to tell, by name. Default: those its severity is routed to. */
  channels: channelNames.optional(),
  /** Whom to tell when nobody acknowledges it. Default: the runtime's `alerts.escalation` for critical ones, none for others. */
  escalation: escalation.optional(),
};

const change = group({ severity: severity.optional(), ...commonShape });
const changeOfBound = change.extend({
  /** Beyond which it fires: a share (0.05), milliseconds or a number of calls, as the rule's default is. */
  threshold: z.number({ error: 'a finite number' }).optional(),
});

const ruleOption = (hasBound: boolean) =>
  z
    .union([z.literal(false), (hasBound ? changeOfBound : change) as typeof changeOfBound], {
      error: 'false, or an object of options',
    })
    .optional();

const rules = group(
  Object.fromEntries(
    DEFAULT_RULES.map(({ name: rule, threshold }) => [rule, ruleOption(!Number.isNaN(threshold))]),
  ) as Record<DefaultRuleName, ReturnType<typeof ruleOption>>,
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
  /** Told through one channel in a minute, at most. What comes beyond is counted, and the next notice says how many. What ends an alert that was told is always told. */
  perMinute: integer(1, 10_000).default(30),
});
export type AlertsOptions = z.input<typeof alertsOptions>;
export type ResolvedAlertsOptions = z.output<typeof alertsOptions>;
export type RuleChange = z.output<typeof changeOfBound>;

/** What a rule of the application's own may say it found. */
export type Found = boolean | string | FoundAt | readonly FoundAt[] | undefined;
export interface FoundAt {
  /** Default: `system`. */
  readonly component?: string;
  readonly message: string;
}

export const alertRule = group({
  name: name(),
  /** How urgent it is. */
  severity: severity.default('warning'),
  /** Whether something is wrong: false or undefined for no; true, a message, `{ component, message }` or up to 64 of those for yes. Asked once a second. */
  when: callback<(sample: AlertSample) => Found>('(sample) => boolean | string | { component, message } | an array'),
  ...commonShape,
});
export type AlertRule = z.input<typeof alertRule>;
export type ResolvedAlertRule = z.output<typeof alertRule>;

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
