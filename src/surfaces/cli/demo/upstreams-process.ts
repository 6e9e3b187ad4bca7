/**
 * Entry of the upstreams' own process. Tells its ports to the parent, and lives exactly as long as the channel to it:
 * however the parent ends, even by SIGKILL, the channel closes and this process goes too.
 */
import { serveUpstreams } from './serve-upstreams.ts';

process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole foreground group. The parent finishes its calls first and then closes the channel.
process.on('SIGINT', () => undefined);

const ports = await serveUpstreams();
if (process.connected) process.send?.(ports);
else process.exit(0);
