/** The longest notices there may be, and those that are no text, against what the other sides take. */
import { describe, expect, test } from 'vitest';
import { realEnv } from '../../../src/core/real-env.ts';
import { type AlertChannel, type AlertNotice, pagerDuty, slack, webhook } from '../../../src/index.ts';
import { type PostBox, postBox } from '../../support/post-box.ts';

const KEY = '0123456789abcdef0123456789abcdef';

function noticeOf(changed: Partial<AlertNotice>): AlertNotice {
  return {
    id: 'a-1-raised',
    kind: 'raised',
    alert: 'a-1',
    key: 'shop/disk/system',
    rule: 'disk',
    severity: 'critical',
    component: 'system',
    message: 'full',
    runtime: 'shop',
    policyHash: 'hash',
    wallMs: 0,
    ...changed,
  };
}

async function told(make: (url: string) => AlertChannel, ...changes: readonly Partial<AlertNotice>[]) {
  const box: PostBox = await postBox();
  const { fetch, connect } = realEnv();
  const context = { fetch, connect, signal: new AbortController().signal, attempt: 1 };
  for (const changed of changes) await make(box.url).deliver(noticeOf(changed), context);
  return box.posted.map(({ body }) => body);
}

const LONGEST = 3_000;
/** The longest that rules, names and messages may be. */
function longest(character: string): Partial<AlertNotice> {
  const name = character.repeat(256 / character.length);
  return {
    kind: 'acknowledged',
    rule: name,
    component: name,
    by: name,
    runtime: name,
    message: character.repeat(1_024 / character.length),
  };
}

describe('Slack', () => {
  const viaSlack = (webhookUrl: string): AlertChannel => slack({ webhookUrl });
  interface Message {
    readonly text: string;
    readonly blocks: readonly [
      { readonly text: { readonly text: string } },
      { readonly elements: readonly { readonly text: string }[] },
    ];
  }

  test.each(['x', '&', '<', '😀'])('takes the longest notice of %s, cut within no character', async (character) => {
    const [message] = (await told(viaSlack, longest(character))) as unknown as [Message];
    const [section, context] = message.blocks;
    const texts = [message.text, section.text.text, ...context.elements.map(({ text }) => text)];

    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(LONGEST);
    expect(texts.filter((text) => !text.isWellFormed())).toEqual([]);
    expect(texts.join('').replaceAll(/&(amp|lt|gt);/g, '')).not.toMatch(/[&<>]/);
    expect(section.text.text).toMatch(/^\*Acknowledged by .*\*\n./su);
  });

  test.each([
    ['of a usual length', 'https://wiki.example/a?b=1&c=2', ['shop', '<https://wiki.example/a?b=1&amp;c=2|Runbook>']],
    ['with what would end it', 'https://wiki.example/a|b>c\n', ['shop', '<https://wiki.example/a%7Cb%3Ec|Runbook>']],
    [
      'of the greatest length',
      `https://wiki.example/${'x'.repeat(2_027)}`,
      ['shop', `<https://wiki.example/${'x'.repeat(2_027)}|Runbook>`],
    ],
    ['too long when it is escaped', `https://wiki.example/?${'&'.repeat(2_026)}`, ['shop']],
  ])('is given a link %s whole, or not at all', async (_, runbook, elements) => {
    const [message] = (await told(viaSlack, { runbook })) as unknown as [Message];

    expect(message.blocks[1].elements.map(({ text }) => text)).toEqual(elements);
  });
});

describe('PagerDuty', () => {
  const viaPagerDuty = (url: string): AlertChannel => pagerDuty({ routingKey: KEY, url });

  test.each(['x', '&', '😀'])('takes the longest notice of %s, cut within no character', async (character) => {
    const raised = { ...longest(character), kind: 'raised', component: 'a' } as const;
    const [event] = await told(viaPagerDuty, raised);
    const { summary } = (event as { payload: { summary: string } }).payload;

    expect(summary).toMatch(/^a: /);
    expect(summary.length).toBeGreaterThan(1_020);
    expect(summary.length).toBeLessThanOrEqual(1_024);
    expect(summary.isWellFormed()).toBe(true);
  });

  test('is given two keys for two keys that are no text', async () => {
    const events = await told(viaPagerDuty, { key: 'shop/\uD800' }, { key: 'shop/\uD801' }, { key: 'x'.repeat(255) });
    const keys = events.map(({ dedup_key }) => String(dedup_key));

    expect(new Set(keys).size).toBe(3);
    expect(keys.filter((key) => !key.isWellFormed() || key.length > 255)).toEqual([]);
  });
});

test.each([
  ['Slack', (webhookUrl: string) => slack({ webhookUrl })],
  ['PagerDuty', (url: string) => pagerDuty({ routingKey: KEY, url })],
  ['a webhook', (url: string) => webhook({ url })],
])('%s is never sent half a character', async (_, make) => {
  const bodies = await told(make, {
    runtime: 'shop \uD800',
    component: '\uDC00',
    message: '\uD800 full',
    rule: 'a\uD800',
  });

  expect(bodies).toHaveLength(1);
  expect(JSON.stringify(bodies)).not.toMatch(/\\ud[89a-f]/i);
});
