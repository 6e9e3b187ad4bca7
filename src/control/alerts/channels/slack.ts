/**
 * A channel that writes into Slack through an incoming webhook. Its address is its key.
 *
 * source  Slack, "Sending messages using incoming webhooks", https://docs.slack.dev/messaging, and "Text object",
 *         https://docs.slack.dev/reference/block-kit/composition-objects/text-object (2026-11)
 */
import { httpUrl } from '../../../core/http-url.ts';
import { parseSecret } from '../../../core/parse-secret.ts';
import { group, type z } from '../../../core/schema.ts';
import type { AlertChannel } from '../channel.ts';
import type { AlertNotice, NoticeKind } from '../notice.ts';
import { channelShape } from './channel-shape.ts';
import { cutText } from './cut-text.ts';
import { postJson } from './post-json.ts';

/** Of a text in a block; what is longer makes the whole message invalid. */
const LONGEST = 3_000;
/** So that there is room for what happened, however long the names are. */
const LONGEST_HEAD = 1_900;

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
  const who = by === undefined ? '' : ` by ${by}`;
  const head = escaped(`${WORDS[kind]}${who}: ${severity} ${rule} on ${component}`, LONGEST_HEAD);
  const context = [
    runtime,
    ...(suppressed === undefined ? [] : [`${suppressed} notices before this one were not sent`]),
  ];
  const link = runbook === undefined ? undefined : linkTo(runbook);
  return {
    text: `${head}: ${escaped(message, LONGEST - head.length - 2)}`,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*${head}*\n${escaped(message, LONGEST - head.length - 3)}` } },
      {
        type: 'context',
        elements: [
          { type: 'mrkdwn', text: escaped(context.join(' · '), LONGEST) },
          ...(link === undefined ? [] : [{ type: 'mrkdwn', text: link }]),
        ],
      },
    ],
  };
}

/** out  undefined for one that is too long: a part of it would lead elsewhere */
function linkTo(url: string): string | undefined {
  const { href } = new URL(url);
  const link = `<${escaped(href.replaceAll('|', '%7C'), Infinity)}|Runbook>`;
  return link.length > LONGEST ? undefined : link;
}

/** Slack's own three control characters; with them a component could mention everybody. */
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function escaped(text: string, most: number): string {
  return cutText(text, most, (character) => ESCAPES[character] ?? character);
}
