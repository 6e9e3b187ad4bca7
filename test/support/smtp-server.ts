/** A small real SMTP server on loopback, enough of RFC 5321 for one client: it keeps the mails, and refuses as it is told. */
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { CERTIFICATE, KEY } from './self-signed.ts';

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
  /** Those of them that anybody on the way could read. */
  readonly inClear: readonly string[];
  /** The host each client over TLS asked for; false for one that did not say. */
  readonly servernames: readonly (string | false)[];
  /** Resolves when no connection is open. */
  left(): Promise<void>;
}

/** `always` from the first byte, `offered` by STARTTLS, `never` at all. */
export type Tls = 'always' | 'offered' | 'never';

/**
 * in      reply   the answer to a command instead of the usual one, or null for none at all: it hangs
 *         tls     with a certificate of its own making, for localhost and 127.0.0.1
 */
export async function smtpServer(
  reply: (command: string, count: number) => string | null | undefined = () => undefined,
  tls: Tls = 'never',
): Promise<SmtpServer> {
  const mails: Mail[] = [];
  const commands: string[] = [];
  const inClear: string[] = [];
  const servernames: (string | false)[] = [];
  const open = new Set<Socket>();
  const waiting = new Set<() => void>();

  const secured = (plain: Socket): TLSSocket => {
    const socket = new TLSSocket(plain, { isServer: true, cert: CERTIFICATE, key: KEY });
    const leave = (): void => void plain.destroy(); // by itself it would wait for the handshake of a client that has gone
    socket.on('error', leave).on('end', leave);
    socket.on('secure', () => servernames.push((socket as { servername?: string | false }).servername ?? false));
    return socket;
  };

  const talk = (socket: Socket): void => {
    const isSecure = socket instanceof TLSSocket;
    let from = '';
    let to: string[] = [];
    let lines: string[] | undefined;
    const heard = createInterface({ input: socket });
    heard.on('line', (line) => {
      if (lines !== undefined) {
        if (line !== '.') return void lines.push(line.replace(/^\./, ''));
        mails.push({ from, to, lines });
        [from, to, lines] = ['', [], undefined];
        return void socket.write('250 taken\r\n');
      }
      commands.push(line);
      if (!isSecure) inClear.push(line);
      const special = reply(line, commands.length);
      if (special === null) return;
      if (special !== undefined) return void socket.write(`${special}\r\n`);
      if (/^STARTTLS/i.test(line)) {
        if (tls !== 'offered' || isSecure) return void socket.write('502 not here\r\n');
        heard.close();
        return void socket.write('220 go on\r\n', () => talk(secured(socket)));
      }
      if (/^EHLO/i.test(line)) {
        const offers = tls === 'offered' && !isSecure ? '250-STARTTLS\r\n' : '';
        return void socket.write(`250-post.example\r\n${offers}250 AUTH PLAIN\r\n`);
      }
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
  };

  const server = createServer((plain) => {
    open.add(plain);
    plain.on('close', () => {
      open.delete(plain);
      for (const look of waiting) look();
    });
    plain.on('error', () => {});
    const socket = tls === 'always' ? secured(plain) : plain;
    socket.write('220 post.example ESMTP\r\n');
    talk(socket);
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
  return { port, mails, commands, inClear, servernames, left };
}
