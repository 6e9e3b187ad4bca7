/** A small real SMTP server on loopback, enough of RFC 5321 for one client: it keeps the mails, and refuses as it is told. */
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and text, as they came, dots unstuffed. */
  readonly lines: readonly string[];
}

export interface SmtpServer {
  readonly port: number;
  readonly mails: readonly Mail[];
  /** Lines of clients that were no mail: commands. */
  readonly commands: readonly string[];
  /** Resolves when no connection is open. */
  left(): Promise<void>;
}

/** in  reply   the answer to a command instead of the usual one, or null for none at all: it hangs */
export async function smtpServer(
  reply: (command: string, count: number) => string | null | undefined = () => undefined,
): Promise<SmtpServer> {
  const mails: Mail[] = [];
  const commands: string[] = [];
  const open = new Set<Socket>();
  const waiting = new Set<() => void>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => {
      open.delete(socket);
      for (const look of waiting) look();
    });
    socket.on('error', () => {});
    socket.write('220 post.example ESMTP\r\n');
    let from = '';
    let to: string[] = [];
    let lines: string[] | undefined;
    createInterface({ input: socket }).on('line', (line) => {
      if (lines !== undefined) {
        if (line !== '.') return void lines.push(line.replace(/^\./, ''));
        mails.push({ from, to, lines });
        [from, to, lines] = ['', [], undefined];
        return void socket.write('250 taken\r\n');
      }
      commands.push(line);
      const special = reply(line, commands.length);
      if (special === null) return;
      if (special !== undefined) return void socket.write(`${special}\r\n`);
      if (/^EHLO/i.test(line)) return void socket.write('250-post.example\r\n250 AUTH PLAIN\r\n');
      if (/^AUTH/i.test(line)) return void socket.write('235 welcome\r\n');
      if (/^MAIL FROM:/i.test(line)) from = line.slice(10);
      if (/^RCPT TO:/i.test(line)) to.push(line.slice(8));
      if (/^DATA/i.test(line)) {
        lines = [];
        return void socket.write('354 go on\r\n');
      }
      if (/^QUIT/i.test(line)) return void socket.end('221 bye\r\n');
      socket.write('250 ok\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as { port: number };
  const left = (): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (open.size === 0) resolve();
      };
      waiting.add(look);
      look();
    });
  return { port, mails, commands, left };
}
