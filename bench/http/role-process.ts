/**
 * The entry of a server's own process, upstream or app: tells its port to the parent, and lives as long as the channel.
 *
 * Started by `fork-server.ts` with the role and, for the app, the upstream's URL.
 */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appListener } from './app.ts';
import { upstreamListener } from './upstream.ts';

const [role = '', upstreamUrl = ''] = process.argv.slice(2);
process.on('disconnect', () => process.exit(0));

const server = createServer(await listenerOf(role));
server.keepAliveTimeout = 0; // a connection that is idle while the other side is measured stays open
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));

async function listenerOf(name: string): Promise<RequestListener> {
  if (name === 'upstream') return upstreamListener;
  if (name === 'app') return await appListener(upstreamUrl);
  throw new Error(`bench: expected the role upstream or app, received "${name}"`);
}
