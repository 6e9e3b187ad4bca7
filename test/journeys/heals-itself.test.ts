/** The promise of the bridge, on a virtual clock: what dies is noticed, done without, looked after, and taken back. */
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { createRuntime, type HappeningReading, type HoldfastEvent } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

test('an upstream that dies takes its feature along, and both come back without anybody calling', async () => {
  const env = createVirtualEnv({ seed: 1 });
  let isUp = true;
  let asked = 0;
  const upstream = createServer((_, response) => {
    asked++;
    response.writeHead(isUp ? 200 : 503).end();
  });
  const listener = await env.listen(upstream, { host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${listener.address.port}/`;
  const ask = async ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
    const { status } = await env.fetch(url, { signal });
    if (status !== 200) throw new Error(`expected status 200, received ${status}`);
  };

  const runtime = await createRuntime({
    name: 'shop',
    env,
    degradation: { worsenDwellMs: 1_000, improveDwellMs: 3_000 },
    alerts: {},
  });
  const { degradation, recovery } = runtime;
  const said: string[] = [];
  runtime.events.on('*', (event) => void said.push(...[inAFewWords(event) ?? []].flat()));
  runtime.breaker('catalog');
  const offers = runtime.pipeline('offers', {
    breaker: { consecutiveFailures: 3, openMs: 5_300 },
    timeoutMs: 500,
    fallback: () => {},
  });
  degradation.feature('offers', { until: 'reduced' });
  recovery.probe('offers', ask);
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second++) {
      for (let call = 0; call < 4; call++) if (degradation.isEnabled('offers')) void offers.execute(ask);
      await env.advanceAsync(1_000);
    }
  };

  await seconds(3);
  isUp = false;
  await seconds(4);
  const askedUntilOff = asked;
  await seconds(4);
  const probes = asked - askedUntilOff;
  isUp = true;
  await seconds(10);

  expect(said).toEqual([
    'breaker offers: closed → open',
    'alert.raised for breaker/offers',
    'recovery of offers is scheduled',
    'health: healthy → degraded',
    'level: full → reduced',
    'feature offers: off',
    'breaker offers: open → halfOpen',
    'breaker offers: halfOpen → open',
    'breaker offers: open → halfOpen',
    'breaker offers: halfOpen → closed',
    'recovery of offers: succeeded',
    'health: degraded → healthy',
    'alert.resolved for breaker/offers',
    'level: reduced → full',
    'feature offers: on',
  ]);
  expect(probes).toBe(1);
  expect(degradation.level).toBe('full');
  expect(Object.values(runtime.readings().timeline).map(asRow)).toEqual([
    [3_000, 'breaker', 'offers', 'closed → open', 'consecutiveFailures'],
    [3_000, 'alert', 'breaker/offers', 'raised as warning', 'breakerOpened: opened by consecutiveFailures'],
    [3_000, 'recovery', 'offers', 'scheduled', 'breaker "offers" opened by consecutiveFailures'],
    [
      3_000,
      'alert',
      'service/offers',
      'raised as info',
      'recoveryStarted: being recovered (exponential): breaker "offers" opened by consecutiveFailures',
    ],
    [4_000, 'health', 'system', 'healthy → degraded', 'score is 0.5'],
    [4_000, 'level', 'self', 'full → reduced', 'score is 0.5, below 0.7'],
    [4_000, 'feature', 'offers', 'on → off', 'the level is reduced'],
    [4_000, 'alert', 'level/reduced', 'raised as info', 'levelChanged: full → reduced: score is 0.5, below 0.7'],
    [8_000, 'alert', 'breaker/offers', 'raised as warning', 'availabilityWarning: available 98.66 % of the last 5 min'],
    [8_300, 'breaker', 'offers', 'open → halfOpen', 'deadline'],
    [8_300, 'breaker', 'offers', 'halfOpen → open', 'probes'],
    [8_300, 'recovery', 'offers', 'attempt 1 failed', 'Error: expected status 200, received 503'],
    [13_600, 'breaker', 'offers', 'open → halfOpen', 'deadline'],
    [13_600, 'breaker', 'offers', 'halfOpen → closed', 'probes'],
    [13_600, 'recovery', 'offers', 'attempt 2 succeeded', null],
    [13_600, 'recovery', 'offers', 'succeeded', 'after 2 attempts'],
    [14_000, 'health', 'system', 'degraded → healthy', 'score is 1'],
    [14_000, 'alert', 'breaker/offers', 'resolved', 'breakerOpened: after 11 s'],
    [14_000, 'alert', 'service/offers', 'resolved', 'recoveryStarted: after 11 s'],
    [16_000, 'level', 'self', 'reduced → full', 'every sensor is calm'],
    [16_000, 'feature', 'offers', 'off → on', 'the level is full'],
    [16_000, 'alert', 'level/reduced', 'resolved', 'levelChanged: after 12 s'],
  ]);
  await runtime.stop();
  await listener.close();
  expect(env.pendingTimers).toBe(0);
});

function asRow({ atMs, kind, subject, was, became, because }: HappeningReading): readonly unknown[] {
  return [atMs, kind, subject, was === null ? became : `${was} → ${became}`, because];
}

function inAFewWords(event: HoldfastEvent): string | undefined {
  switch (event.type) {
    case 'breaker.transitioned':
      return `breaker ${event.breaker}: ${event.from} → ${event.to}`;
    case 'recovery.scheduled':
      return `recovery of ${event.service} is scheduled`;
    case 'recovery.ended':
      return `recovery of ${event.service}: ${event.result}`;
    case 'health.changed':
      return event.from === 'unknown' ? undefined : `health: ${event.from} → ${event.to}`;
    case 'degradation.changed':
      return `level: ${event.from} → ${event.to}`;
    case 'flag.changed':
      return `feature ${event.flag}: ${event.enabled ? 'on' : 'off'}`;
    case 'alert.raised':
    case 'alert.resolved':
      // of the others one would have to say how often calls may fail
      return event.rule === 'breakerOpened' ? `${event.type} for ${event.component}` : undefined;
    default:
      return undefined;
  }
}
