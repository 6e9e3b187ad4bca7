/**
 * Start the upstreams in a process of their own and wait until they listen. Supervised by the demo: a process that
 * dies is reported, and started anew on other ports.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Upstream } from './script.ts';
import type { Ports } from './serve-upstreams.ts';

const STOP_MS = 1_000;

export interface Upstreams {
  readonly pid: number;
  urlOf(upstream: Upstream): string;
  /** End the process and wait for it. Idempotent. */
  stop(): Promise<void>;
}

/**
 * in      onExit   called once if the process ends without having been asked to
 * throws  when the process ends before it listens
 */
export async function forkUpstreams(onExit: (error: Error) => void): Promise<Upstreams> {
  const child = fork(entry(), [], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const ports = await firstMessage(child);
  let stopping = false;
  child.once('exit', (code, signal) => {
    if (!stopping) onExit(new Error(`the upstreams' process ended on its own (${signal ?? `code ${code}`})`));
  });
  return {
    pid: child.pid as number,
    urlOf: (upstream) => `http://127.0.0.1:${ports[upstream]}`,
    stop() {
      stopping = true;
      return end(child, exited);
    },
  };
}

function firstMessage(child: ChildProcess): Promise<Ports> {
  return new Promise((resolve, reject) => {
    child.once('message', (ports) => resolve(ports as Ports));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(new Error(`the upstreams' process ended before it listened (${signal ?? `code ${code}`})`));
    });
  });
}

/** Closing the channel is the request to end; a process that does not hear it is killed. */
async function end(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.connected) child.disconnect();
  const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(deadline);
}

function entry(): string {
  const name = import.meta.url.endsWith('.ts') ? './upstreams-process.ts' : './upstreams-process.js';
  return fileURLToPath(new URL(name, import.meta.url));
}
