import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admit, type AdmissionRules } from '../../../src/surfaces/feed/admit.ts';
import { givenTokens } from '../../../src/surfaces/feed/given-tokens.ts';
import type { Feed } from '../../../src/surfaces/feed/serve-feed.ts';
import { RawPeer, requestText, type Head } from './raw-peer.ts';
import { Stage, TOKEN } from './stage.ts';

interface Row {
  readonly title: string;
  readonly head: Head;
  /** The answer to a plain request, and to an upgrade. */
  readonly plain: number;
  readonly upgrade: number;
}

const right = { authorization: `Bearer ${TOKEN}`, protocols: 'holdfast.v1' };
const refused = (title: string, head: Head, status: number): Row => ({ title, head, plain: status, upgrade: status });

const ROWS: readonly Row[] = [
  { title: 'the token in Authorization', head: right, plain: 426, upgrade: 101 },
  { title: 'the token as subprotocol', head: { protocols: `holdfast.v1, token.${TOKEN}` }, plain: 426, upgrade: 101 },
  {
    title: 'our own page',
    head: { ...right, origin: 'http://127.0.0.1:PORT', fetchSite: 'same-origin' },
    plain: 426,
    upgrade: 101,
  },
  {
    title: 'a listed origin',
    head: { ...right, origin: 'https://ops.example', fetchSite: 'cross-site' },
    plain: 426,
    upgrade: 101,
  },
  { title: 'a page file without a token', head: { target: '/' }, plain: 200, upgrade: 401 },
  refused('a Host that was rebound to us', { ...right, host: 'attacker.example' }, 421),
  refused('a Host that begins like ours', { ...right, host: '127.0.0.1:PORT.evil.example' }, 421),
  refused('a Host of 0.0.0.0', { ...right, host: '0.0.0.0:PORT' }, 421),
  refused('a Host without our port', { ...right, host: '127.0.0.1' }, 421),
  refused('no Host', { ...right, host: null }, 421),
  refused('two Hosts', { ...right, lines: ['Host: attacker.example'] }, 421),
  refused('a foreign origin', { ...right, origin: 'https://evil.example' }, 403),
  refused('the origin of a sandboxed frame', { ...right, origin: 'null' }, 403),
  refused('an origin that begins like ours', { ...right, origin: 'http://127.0.0.1:PORT.evil.example' }, 403),
  refused('our origin by another of our names', { ...right, origin: 'http://localhost:PORT' }, 403),
  refused('a request that a foreign site caused', { ...right, fetchSite: 'cross-site' }, 403),
  refused('a request that a neighbour site caused', { ...right, fetchSite: 'same-site' }, 403),
  refused('a foreign site asking for a page file', { target: '/', fetchSite: 'cross-site' }, 403),
  refused('no token', {}, 401),
  refused('an empty bearer', { ...right, authorization: 'Bearer ' }, 401),
  refused('a short token', { ...right, authorization: 'Bearer a' }, 401),
  refused('a long token', { ...right, authorization: `Bearer ${'a'.repeat(4_000)}` }, 401),
  refused('another scheme', { ...right, authorization: `Basic ${TOKEN}` }, 401),
  refused('a right token beside a wrong one', { ...right, protocols: 'holdfast.v1, token.wrong' }, 401),
  refused('a token in the query', { ...right, target: `/feed?token=${TOKEN}` }, 400),
  refused('a token in the query, escaped', { ...right, target: `/feed?%74oken=${TOKEN}` }, 400),
  refused('a token in the query of a page file', { target: `/?access_token=${TOKEN}` }, 400),
  refused('a target of another server', { ...right, target: 'http://evil.example/feed' }, 400),
  refused('a post', { ...right, method: 'POST', lines: ['Content-Type: text/plain', 'Content-Length: 2'] }, 405),
  refused('a delete', { ...right, method: 'DELETE' }, 405),
  refused('a get with a body', { ...right, lines: ['Content-Length: 1000000'] }, 413),
  refused('another path', { ...right, target: '/../feed' }, 404),
  { title: 'no protocol of ours', head: { ...right, protocols: 'chat' }, plain: 426, upgrade: 400 },
];

const files = new Map([['/', { type: 'text/html', body: '<!doctype html>' }]]);
const allowedOrigins = ['https://ops.example'];

describe('by the head alone', () => {
  const rules: AdmissionRules = {
    hosts: new Set(['127.0.0.1:7433', 'localhost:7433']),
    origins: new Set(allowedOrigins),
    files,
    isToken: (given) => given === TOKEN,
  };

  const decide = (head: Head, upgrade: boolean): number => {
    const protocols = head.protocols?.split(', ') ?? [];
    const named = (text: string | undefined): string | undefined => text?.replace('PORT', '7433');
    return admit(
      {
        method: head.method ?? 'GET',
        target: head.target ?? '/feed',
        host:
          head.host === null || head.lines?.some((line) => line.startsWith('Host'))
            ? undefined
            : named(head.host ?? '127.0.0.1:PORT'),
        origin: named(head.origin),
        fetchSite: head.fetchSite,
        tokens: givenTokens(head.authorization, protocols),
        protocols,
        upgrade,
        body: head.lines?.some((line) => line.startsWith('Content-Length')) ?? false,
        exhausted: false,
      },
      rules,
    );
  };

  test.each(ROWS)('$title: a request gets $plain, an upgrade $upgrade', ({ head, plain, upgrade }) => {
    expect(decide(head, false)).toBe(plain);
    expect(decide(head, true)).toBe(upgrade);
  });
});

describe('over real sockets', () => {
  const stage = new Stage();
  let feed: Feed;
  let port: number;

  beforeAll(async () => {
    feed = await stage.serve({ files, allowedOrigins }, { guesses: 1_000 });
    port = Number(new URL(feed.url).port);
  });
  afterAll(() => stage.close());

  const ask = async (head: Head, upgrade: boolean): Promise<number> => {
    const peer = new RawPeer(port);
    peer.send(requestText(port, head, upgrade));
    const status = await peer.status();
    peer.end();
    return status;
  };

  test.each(ROWS)('$title: a request gets $plain, an upgrade $upgrade', async ({ head, plain, upgrade }) => {
    expect(await ask(head, false)).toBe(plain);
    expect(await ask(head, true)).toBe(upgrade);
  });

  test('who was refused has received no byte of state (F6)', async () => {
    stage.show('usage', { canary: { count: 1 } });
    const peer = new RawPeer(port);

    peer.send(requestText(port, { protocols: 'holdfast.v1, token.wrong' }, true));
    await peer.status();
    peer.socket.once('end', () => peer.end());
    await new Promise((closed) => peer.socket.once('close', closed));

    expect(peer.received.toString()).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
    expect(peer.received.toString()).not.toContain('canary');
  });

  test('the answer to an upgrade does not repeat the token', async () => {
    const peer = await RawPeer.joined(port);

    expect(peer.received.toString('latin1')).toContain('Sec-WebSocket-Protocol: holdfast.v1\r\n');
    expect(peer.received.toString('latin1')).not.toContain(TOKEN);
    peer.end();
  });
});
