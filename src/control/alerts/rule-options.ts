/** The options of one alert rule, ours or the application's own: types, bounds and defaults, once. */
import { between, callback, group, milliseconds, name, z } from '../../core/schema.ts';
import type { AlertSample } from './sample.ts';

/** Of channels there may be, and of names of them in one place. */
export const MAX_CHANNELS = 16;
const MAX_STEPS = 16;

const channelName = name();
export const channelNames = z
  .array(channelName, { error: 'an array of names of channels' })
  .max(MAX_CHANNELS, { error: `at most ${MAX_CHANNELS} names of channels` });

const SEVERITIES = ['info', 'warning', 'critical'] as const;
export const severity = z.enum(SEVERITIES, { error: `one of ${SEVERITIES.join(', ')}` });

const escalationStep = group({
  /** So long after it began to fire, unless somebody acknowledged it. */
  afterMs: milliseconds(),
  channels: channelNames.min(1, { error: 'at least one name of a channel' }),
});
export const escalation = z
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
  /** Whom to tell when nobody acknowledges it. Default: what `alerts.escalation` says for critical ones, none for others. */
  escalation: escalation.optional(),
};

export const change = group({
  /** How urgent it is. */
  severity: severity.optional(),
  ...commonShape,
});
export const changeOfBound = change.extend({
  /** Beyond which it fires: a share from 0 to 1 (5 % is 0.05), milliseconds or a number of calls, as the rule's default is. */
  threshold: z.number({ error: 'a share, milliseconds or a number of calls' }).optional(),
});

const SHARE = 'a share from 0 to 1 (5 % is 0.05)';
const CALLS = 'a number of calls, 0 or more';
const THRESHOLDS = {
  share: between(0, 1, SHARE),
  milliseconds: milliseconds(),
  calls: z.number({ error: CALLS }).min(0, { error: CALLS }),
};
/** What a rule's threshold is a number of. */
export type ThresholdUnit = keyof typeof THRESHOLDS;

/** A change of a rule that compares with a threshold of that unit. */
export function changeOf(unit: ThresholdUnit): typeof changeOfBound {
  return changeOfBound.extend({ threshold: THRESHOLDS[unit].optional() });
}

export type RuleChange = z.output<typeof changeOfBound>;

/** What a rule of the application's own may say it found. */
export type Found = boolean | string | FoundAt | readonly FoundAt[] | undefined;
export interface FoundAt {
  /** Default: `system`. */
  readonly component?: string;
  readonly message: string;
}

export const alertRule = group({
  /** What it is called; unique among the rules. */
  name: name(),
  /** How urgent it is. */
  severity: severity.default('warning'),
  /** Whether something is wrong: false or undefined for no; true, a message, `{ component, message }` or up to 64 of those for yes. Asked once a second. The sample is frozen: every rule is given the same. */
  when: callback<(sample: AlertSample) => Found>('(sample) => boolean, message, { component, message } or an array'),
  ...commonShape,
});
export type AlertRule = z.input<typeof alertRule>;
export type ResolvedAlertRule = z.output<typeof alertRule>;
