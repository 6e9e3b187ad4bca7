/** Starts a server in a process of its own and waits until it listens. Used by the suite `http`. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('role-process.ts', import.meta.url));

export interface ForkedServer extends Disposable {
  readonly url: string;
}

/** throws  when the process ends before it listens; what went wrong it has said on stderr */
export function forkServer(role: 'upstream' | 'app', ...args: readonly string[]): Promise<ForkedServer> {
  const child = fork(ENTRY, [role, ...args], { execArgv: [] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`expected a listening ${role}, received its end, code ${code}`)));
    child.once('message', (port) =>
      resolve({ url: `http://127.0.0.1:${port as number}`, [Symbol.dispose]: () => child.disconnect() }),
    );
  });
}
