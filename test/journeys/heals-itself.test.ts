/** The promise of the bridge, on a virtual clock: what dies is noticed, done without, looked after, and taken back. */
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { createRuntime, type HoldfastEvent } from '../../src/index.ts';
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
  await runtime.stop();
  await listener.close();
  expect(env.pendingTimers).toBe(0);
});

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
