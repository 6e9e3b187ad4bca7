/**
 * The real Env: Node's clock, timers, threads, disk and sockets.
 *
 * Made once by the runtime when the application brings no Env of its own. Together with its neighbours `real-*.ts` it
 * is where the library may touch the world; what they need is loaded on first use, so importing the package stays
 * cheap.
 */
import { connect as connectSocket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import type { Address, Env } from './env.ts';
import { realFiles } from './real-files.ts';
import { listenOn } from './real-listener.ts';
import { realVitals } from './real-vitals.ts';
import { setRealTimer, type RealTimer } from './real-timer.ts';

export function realEnv(): Env {
  return {
    now: () => performance.now(),
    wall: () => Date.now(),
    random: () => Math.random(),
    setTimer: setRealTimer,
    clearTimer: (timer) => (timer as RealTimer).clear(),
    defer: (fn) => void setImmediate(fn),
    pool: async (options) => (await import('./real-pool.ts')).openPool(options),
    database: async (path) => (await import('./real-database.ts')).openDatabase(path),
    files: realFiles,
    listen: listenOn,
    connect: connectTo,
    // a redirect is an answer: where a request may go is not for the answering side to say
    fetch: (url, request) => fetch(url, { ...request, redirect: 'manual' }),
    vitals: realVitals,
  };
}

async function connectTo(where: Address, signal?: AbortSignal): Promise<Duplex> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: where.host, port: where.port });
    const abort = (): void => void socket.destroy(signal?.reason as Error);
    const fail = (error: unknown): void => {
      signal?.removeEventListener('abort', abort);
      reject(error as Error);
    };
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('error', fail);
    socket.once('connect', () => {
      signal?.removeEventListener('abort', abort);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
