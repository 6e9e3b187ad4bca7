/** A peer that writes bytes as an attacker would, and hears bytes: no HTTP or WebSocket library between. */
import { connect, type Socket } from 'node:net';
import { TOKEN, until } from './stage.ts';

export interface Head {
  readonly method?: string;
  readonly target?: string;
  /** null leaves the line out. */
  readonly host?: string | null;
  readonly origin?: string;
  readonly fetchSite?: string;
  readonly authorization?: string;
  readonly protocols?: string;
  readonly lines?: readonly string[];
}

/** A request as text; `host` defaults to the right one. */
export function requestText(port: number, head: Head, upgrade: boolean): string {
  const host = head.host === undefined ? `127.0.0.1:${port}` : head.host?.replace('PORT', String(port));
  const lines = [
    `${head.method ?? 'GET'} ${head.target ?? '/feed'} HTTP/1.1`,
    ...(host === undefined ? [] : [`Host: ${host}`]),
    ...(head.origin === undefined ? [] : [`Origin: ${head.origin.replace('PORT', String(port))}`]),
    ...(head.fetchSite === undefined ? [] : [`Sec-Fetch-Site: ${head.fetchSite}`]),
    ...(head.authorization === undefined ? [] : [`Authorization: ${head.authorization}`]),
    ...(head.protocols === undefined ? [] : [`Sec-WebSocket-Protocol: ${head.protocols}`]),
    ...(head.lines ?? []),
    ...(upgrade ? UPGRADE : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

export class RawPeer {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  closed = false;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => {}); // being cut off is what attackers expect
    this.socket.on('data', (bytes: Buffer) => (this.received = Buffer.concat([this.received, bytes])));
    this.socket.on('close', () => (this.closed = true));
  }

  /** A peer that has been let in. */
  static async joined(port: number): Promise<RawPeer> {
    const peer = new RawPeer(port);
    peer.socket.write(requestText(port, { protocols: `holdfast.v1, token.${TOKEN}` }, true));
    await until(() => peer.received.includes('\r\n\r\n'));
    return peer;
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** The status of the answer's first line. */
  async status(): Promise<number> {
    await until(() => this.received.includes('\r\n') || this.closed);
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.received.toString('latin1'))?.[1]);
  }

  /** The code of the close frame the server sent last before it ended the connection. */
  async closeCode(): Promise<number | null> {
    await until(() => this.closed);
    const at = this.received.lastIndexOf(0x88);
    return at === -1 ? null : this.received.readUInt16BE(at + 2);
  }

  end(): void {
    this.socket.destroy();
  }
}

/** A frame as a client must send it; the mask is zero, which masks nothing and is legal. */
export function clientFrame(opcode: number, payload: Buffer, final = true): Buffer {
  const head = [(final ? 0x80 : 0) | opcode];
  const { length } = payload;
  if (length < 126) head.push(0x80 | length);
  else if (length < 65_536) head.push(0x80 | 126, length >> 8, length & 0xff);
  else head.push(0x80 | 127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff);
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}
