/** Say why nothing listens, where, and what to do about it. Used by both Envs. */
import type { Address } from './env.ts';
import { describe } from './describe.ts';
import { HoldfastError } from './errors.ts';

const NEXT_STEP: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already; stop it, choose another port, or 0 to let the system choose',
  EACCES: 'the process may not bind it; choose a port from 1024 up',
  EADDRNOTAVAIL: 'no interface of this machine has this address; use 127.0.0.1 or an address of its own',
  ENOTFOUND: 'the host has no address; use 127.0.0.1 or an address of this machine',
  ERR_SOCKET_BAD_PORT: 'a port is an integer from 0 to 65535',
  ERR_SERVER_ALREADY_LISTEN: 'the server is bound already; give each listener a server of its own',
};

/**
 * shape  listenFailed({ host: '127.0.0.1', port: 80 }, EACCES).message
 *        → 'listen: expected to bind host "127.0.0.1" port 80, received EACCES: the process may not …'
 */
export function listenFailed(where: Address, cause: unknown): HoldfastError {
  const code = codeOf(cause);
  const reason = (code !== undefined && NEXT_STEP[code]) || describe(cause);
  const message = `listen: expected to bind host ${describe(where.host)} port ${where.port}, received ${code ?? 'an error'}: ${reason}`;
  return new HoldfastError('LISTEN_FAILED', message, { component: `${where.host}:${where.port}`, cause });
}

function codeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}
