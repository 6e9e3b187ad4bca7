/** Bind an HTTP server to a real port, and end it with every connection it has. The real Env's `listen`. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Address, Listener } from './env.ts';
import { listenFailed } from './listen-failed.ts';

/** throws  LISTEN_FAILED */
export function listenOn(server: Server, where: Address): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      server.off('listening', succeed);
      reject(listenFailed(where, error));
    };
    const succeed = (): void => {
      server.off('error', fail);
      resolve(listenerOf(server, where.host));
    };
    server.once('error', fail);
    server.once('listening', succeed);
    try {
      server.listen({ host: where.host, port: where.port });
    } catch (error) {
      server.off('error', fail);
      fail(error); // a bad port, or a server that is bound already
    }
  });
}

function listenerOf(server: Server, host: string): Listener {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('listen: expected a TCP address, received none');

  // `closeAllConnections` forgets sockets that were upgraded, so we count them ourselves.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // A connection that could not be accepted (EMFILE) is the peer's loss; unheard, it would end the process.
  server.on('error', () => {});

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { address: { host, port: bound.port }, close: () => (closed ??= close()) };
}
