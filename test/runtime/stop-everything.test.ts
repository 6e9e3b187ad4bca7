/** What is left of a runtime that had everything switched on, with real threads, sockets and files. */
import { execFile } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const PROGRAM = new URL('./fixtures/everything-on.ts', import.meta.url).pathname;

async function portOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return String((server.address() as AddressInfo).port);
}

test('S6: with everything switched on stop() leaves no timer, no thread and no socket, and the process ends by itself', async () => {
  const http = createHttpServer((request, response) => void request.resume().once('end', () => response.end('well')));
  const smtp = createServer((socket) => void socket.on('error', () => {})); // it never greets
  onTestFinished(() => http.closeAllConnections());
  for (const server of [http, smtp]) onTestFinished(() => void server.close());
  const ports = [await portOf(http), await portOf(smtp)];

  const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM, ...ports]);

  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    before: { timers: true, threads: 4 },
    after: { timers: [], threads: 0, feedIs: 'ECONNREFUSED', left: [] },
  });
}, 30_000);
