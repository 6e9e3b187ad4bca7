/**
 * The four upstreams: real HTTP servers on loopback that follow the script. Run by the child process.
 *
 * A dead upstream keeps its port and resets what connects, as a crashed process behind a proxy does. Closing the
 * listener would give the port back to the system, and in five seconds another process may have it.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UPSTREAMS, fateOf, type Upstream } from './script.ts';

export type Ports = Readonly<Record<Upstream, number>>;

/** Bind all four; the script's clock starts when the last one listens. */
export async function serveUpstreams(): Promise<Ports> {
  let beganMs = performance.now();
  const ports = await Promise.all(
    UPSTREAMS.map(async (upstream) => [upstream, await bind(createServer(follow(upstream, () => beganMs)))] as const),
  );
  beganMs = performance.now();
  return Object.fromEntries(ports) as Record<Upstream, number>;
}

function follow(upstream: Upstream, beganMs: () => number): RequestListener {
  let requests = 0;
  return (request, response) => {
    const fate = fateOf(upstream, requests++, performance.now() - beganMs());
    if (fate === 'reset') return void request.socket.resetAndDestroy();
    setTimeout(() => {
      response.writeHead(fate.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ upstream, tokens: fate.tokens }));
    }, fate.delayMs);
  };
}

function bind(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
