/**
 * A channel that writes into Slack through an incoming webhook. Its address is its key.
 *
 * source  Slack, "Sending messages using incoming webhooks", https://docs.slack.dev/messaging (2026-11)
 */
import { httpUrl } from '../../../core/http-url.ts';
import { group, type z } from '../../../core/schema.ts';
import type { AlertChannel } from '../channel.ts';
import type { AlertNotice, NoticeKind } from '../notice.ts';
import { channelShape } from './channel-shape.ts';
import { parseSecret } from './parse-secret.ts';
import { postJson } from './post-json.ts';

const LONGEST = 2_800;

export const slackOptions = group({
  /** The webhook's address, as Slack gives it: whoever has it can write. */
  webhookUrl: httpUrl(),
  ...channelShape('slack'),
});
export type SlackOptions = z.input<typeof slackOptions>;

/** throws  INVALID_OPTIONS, which never says what the address was */
export function slack(given: SlackOptions): AlertChannel {
  const { webhookUrl, name, timeoutMs } = parseSecret(slackOptions, given, 'slack', ['webhookUrl']);
  return { name, timeoutMs, deliver: (notice, context) => postJson(webhookUrl, messageOf(notice), context) };
}

const WORDS: Readonly<Record<NoticeKind, string>> = {
  raised: 'Firing',
  escalated: 'Still firing, and nobody has acknowledged it',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  test: 'Test',
};

/** `text` is what notifications show, the blocks are what the channel shows. */
function messageOf(notice: AlertNotice): object {
  const { kind, rule, severity, component, message, runbook, by, suppressed, runtime } = notice;
  const head = `${WORDS[kind]}${by === undefined ? '' : ` by ${by}`}: ${severity} ${rule} on ${component}`;
  const context = [
    runtime,
    ...(suppressed === undefined ? [] : [`${suppressed} notices before this one were not sent`]),
  ];
  return {
    text: escaped(`${head}: ${message}`),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*${escaped(head)}*\n${escaped(message)}` } },
      {
        type: 'context',
        elements: [
          { type: 'mrkdwn', text: escaped(context.join(' · ')) },
          ...(runbook === undefined ? [] : [{ type: 'mrkdwn', text: `<${escaped(runbook)}|Runbook>` }]),
        ],
      },
    ],
  };
}

/** Slack's own three control characters; with them a component could mention everybody. */
function escaped(text: string): string {
  return text
    .slice(0, LONGEST / 2)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
