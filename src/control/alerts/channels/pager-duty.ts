/**
 * A channel that opens, acknowledges and resolves incidents of PagerDuty.
 *
 * source  PagerDuty, "Events API v2", https://developer.pagerduty.com/docs/send-alert-event (2026-11)
 */
import { createHash } from 'node:crypto';
import { httpUrl } from '../../../core/http-url.ts';
import { isoTime } from '../../../core/iso-time.ts';
import { parseSecret } from '../../../core/parse-secret.ts';
import { group, type z, z as zod } from '../../../core/schema.ts';
import type { AlertChannel } from '../channel.ts';
import type { AlertNotice, NoticeKind } from '../notice.ts';
import { channelShape } from './channel-shape.ts';
import { cutText } from './cut-text.ts';
import { postJson } from './post-json.ts';

const KEY = 'the integration key of a service, 1 to 128 letters and digits';
const LONGEST_SUMMARY = 1_024;
const LONGEST_KEY = 255;

export const pagerDutyOptions = group({
  /** The integration key of the service that is paged. */
  routingKey: zod.string({ error: KEY }).regex(/^\w{1,128}$/, { error: KEY }),
  /** Where events are posted to: another one for an account in the EU. */
  url: httpUrl().default('https://events.pagerduty.com/v2/enqueue'),
  ...channelShape('pagerduty'),
});
export type PagerDutyOptions = z.input<typeof pagerDutyOptions>;

const ACTIONS: Readonly<Record<NoticeKind, 'trigger' | 'acknowledge' | 'resolve'>> = {
  raised: 'trigger',
  escalated: 'trigger',
  acknowledged: 'acknowledge',
  resolved: 'resolve',
  test: 'trigger',
};

/** throws  INVALID_OPTIONS, which never says what the key was */
export function pagerDuty(given: PagerDutyOptions): AlertChannel {
  const { routingKey, url, name, timeoutMs } = parseSecret(pagerDutyOptions, given, 'pagerDuty', ['routingKey', 'url']);
  return {
    name,
    timeoutMs,
    deliver: async (notice, context) => {
      await postJson(url, eventOf(notice, routingKey), context);
      if (notice.kind !== 'test') return;
      await postJson(url, { ...eventOf(notice, routingKey), event_action: 'resolve' }, context); // nobody should be left with it
    },
  };
}

function eventOf(notice: AlertNotice, routingKey: string): object {
  const { id, kind, key, rule, severity, component, message, runbook, suppressed, runtime, policyHash, wallMs } =
    notice;
  const event = { routing_key: routingKey, event_action: ACTIONS[kind], dedup_key: dedupKeyOf(key) };
  if (kind === 'acknowledged' || kind === 'resolved') return event;
  return {
    ...event,
    payload: {
      summary: cutText(`${component}: ${message}`, LONGEST_SUMMARY),
      source: runtime,
      severity,
      timestamp: isoTime(wallMs),
      component,
      class: rule,
      custom_details: { id, kind, policyHash, ...(suppressed !== undefined && { suppressed }) },
    },
    client: 'holdfast',
    ...(runbook !== undefined && { links: [{ href: runbook, text: 'Runbook' }] }),
  };
}

/** As it is, where PagerDuty takes it. UTF-16 tells two keys apart that are no text, UTF-8 would not. */
function dedupKeyOf(key: string): string {
  if (key.length <= LONGEST_KEY && key.isWellFormed()) return key;
  return `sha256:${createHash('sha256').update(key, 'utf16le').digest('hex')}`;
}
