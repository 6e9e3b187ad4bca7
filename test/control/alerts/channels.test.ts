/** Alerts over HTTP: real requests to real servers on loopback, and what their documentation asks for. */
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type AlertChannel,
  createRuntime,
  type HoldfastEvent,
  logChannel,
  pagerDuty,
  type Runtime,
  slack,
  webhook,
} from '../../../src/index.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';
import { type PostBox, postBox } from '../../support/post-box.ts';

const KEY = 'CANARYrouting0123456789abcdef01';

/** Those that go over HTTP, by name; whatever is secret about them has a canary in it. */
const OVER_HTTP: Readonly<Record<string, (url: string) => AlertChannel>> = {
  pagerduty: (url) => pagerDuty({ routingKey: KEY, url }),
  slack: (webhookUrl) => slack({ webhookUrl }),
  webhook: (url) => webhook({ url, headers: { authorization: 'CANARY' } }),
};

async function shop(...channels: readonly AlertChannel[]): Promise<Runtime> {
  const runtime = await createRuntime({
    name: 'my shop',
    policyHash: 'hash',
    alerts: {
      channels: [...channels],
      rules: { signalRaised: { runbook: 'https://wiki.example/pain?a=1&b=<2>' }, systemCritical: false },
    },
  });
  onTestFinished(() => runtime.stop());
  return runtime;
}

/** Raised, acknowledged and resolved. */
async function aLife(runtime: Runtime, box: PostBox): Promise<void> {
  runtime.health.signal('disk <full> & hot', 0.9);
  await box.arrived(1);
  runtime.alerts.ack(runtime.alerts.list()[0]!.alert, { by: 'ada' });
  await box.arrived(2);
  runtime.health.signal('disk <full> & hot', 0);
  await box.arrived(3);
}

describe('a life of an alert is told', () => {
  test('to PagerDuty as a trigger, an acknowledgement and a resolution of one dedup_key', async () => {
    const box = await postBox();
    const runtime = await shop(pagerDuty({ routingKey: KEY, url: box.url }));
    await aLife(runtime, box);

    const [trigger, acknowledge, resolve] = box.posted.map(({ body }) => body);
    expect(box.posted.map(({ method, headers }) => [method, headers['content-type']])).toEqual(
      Array.from({ length: 3 }, () => ['POST', 'application/json']),
    );
    expect(trigger).toEqual({
      routing_key: KEY,
      event_action: 'trigger',
      dedup_key: 'my shop/signalRaised/signal/disk <full> & hot',
      payload: {
        summary: 'signal/disk <full> & hot: signalled 0.9 of 1',
        source: 'my shop',
        severity: 'critical',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        component: 'signal/disk <full> & hot',
        class: 'signalRaised',
        custom_details: { id: expect.stringMatching(/^\w+-1-raised$/), kind: 'raised', policyHash: 'hash' },
      },
      client: 'holdfast',
      links: [{ href: 'https://wiki.example/pain?a=1&b=<2>', text: 'Runbook' }],
    });
    const { dedup_key } = trigger!;
    expect(acknowledge).toEqual({ routing_key: KEY, event_action: 'acknowledge', dedup_key });
    expect(resolve).toEqual({ routing_key: KEY, event_action: 'resolve', dedup_key });
  });

  test('to Slack as messages in which no component can mention anybody', async () => {
    const box = await postBox((response) => response.writeHead(200).end('ok'));
    const runtime = await shop(slack({ webhookUrl: box.url }));
    await aLife(runtime, box);

    const head = 'critical signalRaised on signal/disk &lt;full&gt; &amp; hot';
    expect(box.posted.map(({ body }) => body['text'])).toEqual([
      `Firing: ${head}: signalled 0.9 of 1`,
      `Acknowledged by ada: ${head}: signalled 0.9 of 1`,
      `Resolved: ${head}: signalled 0.9 of 1`,
    ]);
    expect(box.posted[0]!.body['blocks']).toEqual([
      { type: 'section', text: { type: 'mrkdwn', text: `*Firing: ${head}*\nsignalled 0.9 of 1` } },
      {
        type: 'context',
        elements: [
          { type: 'mrkdwn', text: 'my shop' },
          { type: 'mrkdwn', text: '<https://wiki.example/pain?a=1&amp;b=%3C2%3E|Runbook>' },
        ],
      },
    ]);
  });

  test('to a webhook as CloudEvents 1.0 in structured mode, with the id as the idempotency key', async () => {
    const box = await postBox();
    const headers = { Authorization: 'Bearer CANARY', 'Content-Type': 'text/plain' };
    const runtime = await shop(webhook({ url: box.url, headers }));
    await aLife(runtime, box);

    const [raised, acknowledged, resolved] = box.posted;
    expect(raised!.headers).toMatchObject({
      'content-type': 'application/cloudevents+json',
      'idempotency-key': raised!.body['id'],
      authorization: 'Bearer CANARY',
    });
    expect(raised!.body).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^\w+-1-raised$/),
      source: '/holdfast/my%20shop',
      type: 'holdfast.alert.raised.v1',
      subject: 'signal/disk <full> & hot',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      datacontenttype: 'application/json',
      policyhash: 'hash',
      data: {
        id: raised!.body['id'],
        kind: 'raised',
        alert: expect.stringMatching(/^\w+-1$/),
        key: 'my shop/signalRaised/signal/disk <full> & hot',
        rule: 'signalRaised',
        severity: 'critical',
        component: 'signal/disk <full> & hot',
        message: 'signalled 0.9 of 1',
        runbook: 'https://wiki.example/pain?a=1&b=<2>',
        runtime: 'my shop',
        policyHash: 'hash',
        wallMs: expect.any(Number),
      },
    });
    expect(acknowledged!.body).toMatchObject({ type: 'holdfast.alert.acknowledged.v1', data: { by: 'ada' } });
    expect(resolved!.body).toMatchObject({
      type: 'holdfast.alert.resolved.v1',
      data: { durationMs: expect.any(Number) },
    });
    expect(new Set(box.posted.map(({ body }) => body['id'])).size).toBe(3);
  });

  test('to a log as a line of JSON each, whatever characters a name has', async () => {
    const env = createVirtualEnv({ seed: 1 });
    const lines: string[] = [];
    const channels = [logChannel((line) => lines.push(line))];
    const runtime = await createRuntime({ name: 'shop', env, alerts: { channels } });
    runtime.health.signal('a\nb\u001B[2J', 0.9);
    await env.advanceAsync(0);

    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[\x20-\x7E]+$/);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      time: '2026-01-01T00:00:00.000Z',
      kind: 'raised',
      component: 'signal/a\nb\u001B[2J',
    });
    await runtime.stop();
  });
});

describe('a channel that does not take it', () => {
  test('answers 500, and is asked again', async () => {
    const box = await postBox((response, count) => response.writeHead(count === 1 ? 500 : 202).end());
    const runtime = await shop(pagerDuty({ routingKey: KEY, url: box.url, name: 'ops' }));
    await runtime.alerts.test('ops');

    expect(box.posted.map(({ body }) => body['event_action'])).toEqual(['trigger', 'trigger', 'resolve']);
  });

  test('answers 429, and is asked again no sooner than it said', async () => {
    const box = await postBox((response, count) =>
      count === 1 ? response.writeHead(429, { 'retry-after': '1' }).end() : response.writeHead(200).end('ok'),
    );
    const runtime = await shop(slack({ webhookUrl: box.url }));
    await runtime.alerts.test('slack');

    const [first, second] = box.posted;
    expect(box.posted).toHaveLength(2);
    expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(1_000);
  });

  test('hangs, and is given up after its time, three times', async () => {
    const box = await postBox(() => {});
    const runtime = await shop(webhook({ url: box.url, timeoutMs: 50 }));

    await expect(runtime.alerts.test('webhook')).rejects.toThrow(
      'channel "webhook": expected the test to be taken, received: TIMEOUT',
    );
    expect(box.posted).toHaveLength(3);
  });

  test.each([400, 401, 403, 404, 410, 302])('answers %i, and is not asked again', async (status) => {
    const box = await postBox((response) => response.writeHead(status, { location: 'http://elsewhere/' }).end());
    const runtime = await shop(slack({ webhookUrl: box.url }));

    await expect(runtime.alerts.test('slack')).rejects.toThrow(`received: answered ${status}`);
    expect(box.posted).toHaveLength(1);
  });
});

describe.each(Object.entries(OVER_HTTP))('what %s is answered', (name, channel) => {
  const inThreeSeconds = { date: 'Sun, 29 Nov 2026 23:59:58 GMT', 'retry-after': 'Mon, 30 Nov 2026 00:00:01 GMT' };

  test.each([
    ['429 with seconds', 429, { 'retry-after': '3' }, [3_000, 3_000]],
    ['429 with a date', 429, inThreeSeconds, [3_000, 3_000]],
    ['503 with a date', 503, inThreeSeconds, [3_000, 3_000]],
    ['500', 500, {}, [200, 1_800]],
    ['503', 503, {}, [200, 1_800]],
  ])(
    '%s: it is asked again until it takes the same notice, and no key is seen',
    async (_, status, headers, between) => {
      const env = createVirtualEnv({ seed: 1 });
      const box = await postBox(
        (response, count) => response.writeHead(count === 5 ? 200 : status, headers).end('CANARY body'),
        env,
      );
      const seen: unknown[] = [];
      const written = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
      onTestFinished(() => void vi.restoreAllMocks());
      const channels = [channel(box.url), logChannel((line) => seen.push(line))];
      const alerts = { channels, rules: { systemCritical: false, deliveryFailed: false } } as const;
      const runtime = await createRuntime({ name: 'shop', env, alerts });
      runtime.events.on('*', (event) => void seen.push(event));
      runtime.health.signal('disk', 0.9);
      await env.advanceAsync(30_000);

      const waits = box.posted.slice(1).map(({ atMs }, index) => atMs - box.posted[index]!.atMs);
      expect(waits).toHaveLength(4);
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(between[0]!);
      expect(Math.max(...waits)).toBeLessThanOrEqual(between[1]!);
      expect(new Set(box.posted.map(({ body }) => JSON.stringify(body))).size).toBe(1);
      expect(runtime.readings().alerting['self']!.channels[name]).toMatchObject({ delivered: 1, failures: 1, lost: 0 });
      expect(seen).toContainEqual(expect.objectContaining({ type: 'channel.failed', error: `answered ${status}` }));

      const refused = runtime.alerts.test(name).catch((error: unknown) => error);
      await env.advanceAsync(30_000);
      seen.push(await refused, runtime.readings());
      expect(await refused).toEqual(
        new Error(`channel "${name}": expected the test to be taken, received: answered ${status}`),
      );
      seen.push(written.map(({ mock }) => mock.calls));
      expect(inspect(seen, { depth: 12, showHidden: true, maxArrayLength: null })).not.toContain('CANARY');
      await runtime.stop();
    },
  );
});

test('keys, addresses and headers are in no event, reading, error or inspection, whatever goes wrong', async () => {
  const box = await postBox((response, count) => response.writeHead(count % 2 === 0 ? 500 : 403).end('CANARY body'));
  const dead = 'http://127.0.0.1:1/CANARY?key=CANARY';
  const channels = [
    pagerDuty({ routingKey: KEY, url: box.url }),
    slack({ webhookUrl: box.url }),
    webhook({ url: dead, headers: { authorization: 'CANARY' }, timeoutMs: 200 }),
    { name: 'own', deliver: () => Promise.reject(new Error('no CANARY')) },
  ];
  const runtime = await shop(...channels);
  const seen: unknown[] = [];
  runtime.events.on('*', (event: HoldfastEvent) => seen.push(event));
  runtime.inspect((event: unknown) => seen.push(event));
  runtime.health.signal('pain', 1);
  const tests = channels.map(({ name }) => runtime.alerts.test(name).catch((error: unknown) => error));
  seen.push(...(await Promise.all(tests)));
  seen.push(runtime.readings(), runtime, channels, runtime.alerts.rules(), runtime.supervisor.tree());

  expect(seen.filter((each) => each instanceof Error)).toHaveLength(4);
  // the same objects are met from each event: two levels deeper is three times the text, of which nothing is new
  expect(inspect(seen, { depth: 8, showHidden: true, maxArrayLength: null })).not.toContain('CANARY');
  expect(JSON.stringify(runtime.readings())).not.toContain('CANARY');
});

test.each([
  ['pagerDuty.routingKey', () => pagerDuty({ routingKey: 'CANARY key' })],
  ['pagerDuty.url', () => pagerDuty({ routingKey: KEY, url: 'ftp://CANARY' })],
  ['slack.webhookUrl', () => slack({ webhookUrl: 'CANARY' })],
  ['webhook.url', () => webhook({ url: 'http://user:CANARY@host/' })],
  ['webhook.headers', () => webhook({ url: 'http://host/', headers: { 'bad name': 'CANARY' } })],
])('what is wrong with %s is said, and what came is not', (path, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS', component: path }));
  expect(make).toThrow(/expected .*, received something else$/);
});

test('a misspelt option of a channel is an error with a guess', () => {
  expect(() => slack({ webhookURL: 'x' } as never)).toThrow(
    'slack: has no key "webhookURL"; did you mean "webhookUrl"?',
  );
});

test('a dedup_key that PagerDuty would not take is cut to one that is as unique', async () => {
  const box = await postBox();
  const runtime = await shop(pagerDuty({ routingKey: KEY, url: box.url }));
  runtime.health.signal(`${'x'.repeat(255)}1`, 0.9);
  runtime.health.signal(`${'x'.repeat(255)}2`, 0.9);
  await box.arrived(2);

  const keys = box.posted.map(({ body }) => body['dedup_key']);
  expect(keys).toEqual([
    expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  ]);
  expect(keys[0]).not.toBe(keys[1]);
});
