/** The optional peer @statelyai/inspect, its real WebSocket inspector and receiver, on loopback. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createWebSocketInspector, createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import type { AnyActor } from 'xstate';
import { createRuntime } from '../../src/index.ts';

/** What the inspector's own server does, but on loopback and on a free port: each message goes to all the others. */
async function relay(): Promise<{ readonly url: string; readonly peer: () => Promise<unknown> }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on('connection', (client: WebSocket) =>
    client.on('message', (text) => {
      for (const other of server.clients) if (other !== client) other.send(String(text as Buffer));
    }),
  );
  await once(server, 'listening');
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, peer: () => once(server, 'connection') };
}

/** Connected, with all it received in `seen`. */
async function receiver() {
  const { url, peer } = await relay();
  const seen: StatelyInspectionEvent[] = [];
  const waiting = new Set<() => void>();
  const here = peer();
  createWebSocketReceiver({ server: url }).subscribe((event) => {
    seen.push(event);
    for (const look of waiting) look();
  });
  await here;
  const first = (is: (event: StatelyInspectionEvent) => boolean): Promise<StatelyInspectionEvent> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = seen.find(is);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return { url, seen, first };
}

test('a late inspector draws every actor from a complete definition, and its state follows a trip', async () => {
  const runtime = await createRuntime({ name: 'shop' });
  onTestFinished(() => runtime.stop());
  const payments = runtime.breaker('payments', { consecutiveFailures: 1 });
  const { url, seen, first } = await receiver();

  const inspector = createWebSocketInspector({ url, serializationDepthLimit: 30 });
  onTestFinished(() => inspector.stop());
  runtime.inspect(inspector.inspect);
  const logics = new Map<string, AnyActor['logic']>();
  runtime.inspect(({ actorRef }) => logics.set((actorRef as AnyActor).id, (actorRef as AnyActor).logic));
  const { sessionId } = await first((event) => event.type === '@xstate.actor' && event.name === 'payments');
  await payments.execute(() => Promise.reject(new Error('down'))).catch(() => {});
  const tripped = await first((event) => event.sessionId === sessionId && valueOf(event) === 'open');

  expect(tripped).toMatchObject({ type: '@xstate.snapshot', event: { type: 'trip' }, snapshot: { status: 'active' } });
  const actors = seen.flatMap((event) => (event.type === '@xstate.actor' ? [event] : []));
  expect(actors.map(({ name }) => name)).toEqual([...logics.keys()]);
  for (const { name, definition } of actors)
    expect(JSON.parse(definition!), name).toEqual(asDefined((logics.get(name) as { config?: unknown }).config));
  expect(actors.find(({ name }) => name === 'payments')!.definition).toContain('armProbeDeadline');
});

function valueOf(event: StatelyInspectionEvent): unknown {
  return 'snapshot' in event ? (event.snapshot as { readonly value?: unknown }).value : undefined;
}

/** Through JSON, a function by its name, as the inspector sends it; nothing else may be missing. */
function asDefined(config: unknown): unknown {
  const named = (_: string, value: unknown): unknown => (typeof value === 'function' ? { type: value.name } : value);
  return JSON.parse(JSON.stringify(config, named));
}
