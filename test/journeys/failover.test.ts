/** The promise of a failover, with two real HTTP servers: the next call goes to the backup, and back when it is due. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createRuntime, type HoldfastEvent, step } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';

interface Upstream {
  readonly url: string;
  isUp: boolean;
  readonly server: Server;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function upstream(name: string): Promise<Upstream> {
  const self: { isUp: boolean } = { isUp: true };
  const server = createServer((_, response) => response.writeHead(self.isUp ? 200 : 503).end(name));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(self, { url: `http://127.0.0.1:${port}/`, server });
}

async function ask({ url }: Upstream): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${text}: ${response.status}`);
  return text;
}

test('H6: the next call goes to the backup when the breaker opens, and back only after the dwell and N successes', async () => {
  const upstreams: Readonly<Record<string, Upstream>> = {
    primary: await upstream('primary'),
    backup: await upstream('backup'),
  };
  const env = createVirtualEnv({ seed: 1 });
  const runtime = await createRuntime({
    name: 'shop',
    env,
    recovery: {
      rules: [{ on: { breaker: 'quotes' }, strategy: 'immediate', priority: 0, steps: [step.nextProvider()] }],
    },
  });
  const told: string[] = [];
  const tell = (event: HoldfastEvent): void => {
    if (event.type === 'breaker.transitioned') told.push(`breaker ${event.to} by ${event.rule}`);
    if (event.type === 'failover.switched') told.push(`${event.from} → ${event.to}`);
    if (event.type === 'recovery.ended') told.push(`recovery ${event.result}`);
  };
  runtime.events.on('*', tell);
  const probes: Promise<unknown>[] = [];
  const providers = runtime.recovery.providers('quotes', {
    order: ['primary', 'backup'],
    failures: 100, // the breaker decides here
    dwellMs: 30_000,
    successes: 3,
    probe: (provider) => {
      const probe = ask(upstreams[provider]!);
      probes.push(probe.catch(() => {}));
      return probe;
    },
  });
  const probed = async (ms: number): Promise<void> => {
    await env.advanceAsync(ms);
    await Promise.all(probes.splice(0));
    await env.advanceAsync(0);
  };
  runtime.recovery.probe('quotes', ({ provider }) => {
    const probe = ask(upstreams[provider!]!);
    probes.push(probe.catch(() => {}));
    return probe;
  });
  const quotes = runtime.pipeline('quotes', { breaker: { consecutiveFailures: 2, openMs: 60_000 } });
  const quote = (): Promise<string> =>
    quotes.execute(({ provider }) => ask(upstreams[provider!]!)).catch((error: Error) => error.message);

  expect(await quote()).toBe('primary');
  upstreams['primary']!.isUp = false;
  expect([await quote(), await quote(), await quote(), await quote()]).toEqual([
    'primary: 503',
    'primary: 503',
    'backup',
    'backup',
  ]);
  await probed(0);
  expect(told).toEqual([
    'breaker open by consecutiveFailures',
    'breaker closed by manual',
    'primary → backup',
    'recovery succeeded',
  ]);

  await probed(30_000); // the dwell is over, the primary is still down
  expect(await quote()).toBe('backup');
  upstreams['primary']!.isUp = true;
  for (const expected of ['backup', 'backup', 'primary']) {
    await probed(1_000);
    expect(await quote()).toBe(expected);
  }
  expect(providers.reading()).toMatchObject({ current: 'primary', switches: 2, stranded: 0 });
  expect(told.slice(4)).toEqual(['backup → primary']);
  await runtime.stop();
  expect(env.pendingTimers).toBe(0);
});
