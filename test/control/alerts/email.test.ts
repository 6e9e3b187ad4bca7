/** Alerts by mail: nodemailer against a real SMTP server on loopback. */
import { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { realEnv } from '../../../src/core/real-env.ts';
import {
  createRuntime,
  email,
  type EmailOptions,
  type EmailTransport,
  type Env,
  type HoldfastEvent,
} from '../../../src/index.ts';
import { CERTIFICATE } from '../../support/self-signed.ts';
import { smtpServer, type Tls } from '../../support/smtp-server.ts';

const AUTH = { user: 'shop', pass: 'CANARY' };

async function shop(port: number, options: Partial<EmailOptions> = {}) {
  const transport = { host: '127.0.0.1', port, auth: AUTH };
  const channel = email({ transport, from: 'shop@example.org', to: ['ada@example.org', 'bo@example.org'], ...options });
  const runtime = await createRuntime({ name: 'shop', alerts: { channels: [channel] } });
  onTestFinished(() => runtime.stop());
  const events: HoldfastEvent[] = [];
  runtime.events.on('*', (event) => void events.push(event));
  return { runtime, events };
}

test('an alert is a mail to everybody, over a connection that ends with it', async () => {
  const server = await smtpServer();
  const { runtime } = await shop(server.port);
  runtime.health.signal('disk\r\nBcc: eve@example.org', 0.9);
  await runtime.stop();

  expect(server.mails).toHaveLength(1);
  const [{ from, to, lines }] = server.mails as [(typeof server.mails)[0]];
  expect(from).toBe('<shop@example.org>');
  expect(to).toEqual(['<ada@example.org>', '<bo@example.org>']);
  const head = lines.slice(0, lines.indexOf(''));
  expect(head.filter((line) => /^(From|To|Subject):/.test(line))).toEqual([
    'From: shop@example.org',
    'To: ada@example.org, bo@example.org',
    'Subject: [critical] firing: signalRaised on signal/disk Bcc:',
  ]);
  expect(head.filter((line) => line.startsWith('Bcc'))).toEqual([]);
  expect(head.find((line) => line.startsWith('Message-ID:'))).toMatch(/^Message-ID: <\w+-1-raised@holdfast>$/);
  expect(lines.slice(lines.indexOf('') + 1)).toEqual(
    expect.arrayContaining(['signalled 0.9 of 1', 'rule       signalRaised', 'severity   critical', 'runtime    shop']),
  );
  await server.left();
});

test('a mailbox that is busy is tried again, and one there is not is not', async () => {
  let busy = 1;
  const server = await smtpServer((command) => {
    if (command.startsWith('MAIL FROM') && busy-- > 0) return '451 try again later';
    return command === 'RCPT TO:<nobody@example.org>' ? '550 no such mailbox CANARY' : undefined;
  });
  const { runtime } = await shop(server.port);
  await runtime.alerts.test('email');
  expect(server.mails).toHaveLength(1);

  const { runtime: other } = await shop(server.port, { to: 'nobody@example.org' });
  await expect(other.alerts.test('email')).rejects.toThrow(
    'channel "email": expected the test to be taken, received: answered 550',
  );
  expect(server.commands.filter((command) => command.includes('nobody'))).toHaveLength(1);
});

test('a server that hangs is given up after its time, and left', async () => {
  const server = await smtpServer(() => null);
  const { runtime } = await shop(server.port, { timeoutMs: 50 });

  await expect(runtime.alerts.test('email')).rejects.toThrow('received: TIMEOUT');
  expect(server.commands).toHaveLength(3);
  await server.left();
});

test('the password is in no event, reading, error or inspection', async () => {
  const server = await smtpServer((command) => (command.startsWith('AUTH') ? `535 not with ${AUTH.pass}` : undefined));
  const { runtime, events } = await shop(server.port);
  const error = await runtime.alerts.test('email').catch((thrown: unknown) => thrown);

  expect(error).toEqual(new Error('channel "email": expected the test to be taken, received: answered 535'));
  expect(inspect([error, events, runtime, runtime.readings()], { depth: 12, showHidden: true })).not.toContain(
    'CANARY',
  );
});

describe('over TLS', () => {
  const trusting = { host: 'localhost', tls: { ca: CERTIFICATE } };
  const begun = [expect.stringMatching(/^EHLO /), 'STARTTLS'];

  /** One alert, from a runtime for which every host is this one. */
  async function alertVia(transport: Partial<EmailTransport>, port: number) {
    const real = realEnv();
    const asked: unknown[] = [];
    const connect: Env['connect'] = (where, signal) => {
      asked.push(where);
      return real.connect({ host: '127.0.0.1', port }, signal);
    };
    const full = { host: 'localhost', port, auth: AUTH, ...transport };
    const channel = email({ transport: full, from: 'shop@example.org', to: 'ada@example.org', timeoutMs: 5_000 });
    const runtime = await createRuntime({
      name: 'shop',
      env: { ...real, connect },
      alerts: { channels: [channel], rules: { systemCritical: false } },
    });
    onTestFinished(() => runtime.stop());
    const events: HoldfastEvent[] = [];
    runtime.events.on('*', (event) => void events.push(event));
    const failed = new Promise((resolve) => runtime.events.on('channel.failed', resolve));
    runtime.health.signal('disk', 0.9);
    return { runtime, events, failed, asked };
  }

  test.each<[string, Tls, Partial<EmailTransport>, readonly unknown[], string | false]>([
    ['from the first byte', 'always', { ...trusting, secure: true }, [], 'localhost'],
    ['from the first byte to an address', 'always', { ...trusting, host: '127.0.0.1', secure: true }, [], false],
    ['where it is offered', 'offered', trusting, begun, 'localhost'],
    ['where it has to be', 'offered', { ...trusting, requireTLS: true }, begun, 'localhost'],
    [
      'to the host that is said besides',
      'offered',
      { host: 'mx', tls: { ca: CERTIFICATE, servername: 'localhost' } },
      begun,
      'localhost',
    ],
  ])('a mail and its password go %s', async (_, tls, transport, inClear, servername) => {
    const server = await smtpServer(undefined, tls);
    const { runtime, asked } = await alertVia(transport, server.port);
    await runtime.stop();

    expect(server.mails).toHaveLength(1);
    expect(server.inClear).toEqual(inClear);
    expect(server.servernames).toEqual([servername]);
    expect(server.commands.filter((command) => command.startsWith('AUTH PLAIN '))).toHaveLength(1);
    expect(asked).toEqual([{ host: transport.host, port: server.port }]);
    await server.left();
  });

  test.each([{}, { secure: true }])('%j goes over any stream, not only over a socket', async (options) => {
    const server = await smtpServer(undefined, 'secure' in options ? 'always' : 'never');
    const real = realEnv();
    const connect: Env['connect'] = async (where, signal) => {
      const socket = await real.connect(where, signal);
      return Duplex.from({ readable: socket, writable: socket });
    };
    const transport = { ...trusting, port: server.port, auth: AUTH, ...options };
    const channel = email({ transport, from: 'shop@example.org', to: 'ada@example.org', timeoutMs: 5_000 });
    const runtime = await createRuntime({ name: 'shop', env: { ...real, connect }, alerts: { channels: [channel] } });
    onTestFinished(() => runtime.stop());
    await runtime.alerts.test('email');

    expect(server.mails).toHaveLength(1);
  });

  test('it is TLS from the first byte at port 465, unless something else is said', async () => {
    const server = await smtpServer(undefined, 'always');
    const { runtime, asked } = await alertVia({ ...trusting, port: 465 }, server.port);
    await runtime.stop();

    expect(asked).toEqual([{ host: 'localhost', port: 465 }]);
    expect(server.mails).toHaveLength(1);
    expect(server.inClear).toEqual([]);
  });

  test('a server that has none is told nothing where it has to be', async () => {
    const server = await smtpServer();
    const { runtime, events, failed } = await alertVia({ ...trusting, requireTLS: true }, server.port);
    await failed;

    expect(server.commands).toEqual(begun);
    expect(events).toContainEqual(expect.objectContaining({ type: 'channel.failed', error: 'answered 502' }));
    await expect(runtime.alerts.test('email')).rejects.toThrow('received: answered 502');
    expect(server.mails).toEqual([]);
  });

  test.each<[string, Tls, Partial<EmailTransport>, readonly unknown[], string]>([
    ['nobody trusts', 'always', { secure: true }, [], 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['nobody trusts, by STARTTLS,', 'offered', {}, begun, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['is for another host', 'always', { ...trusting, host: 'mx', secure: true }, [], 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [
      'is for another host, by STARTTLS,',
      'offered',
      { ...trusting, host: 'mx' },
      begun,
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  ])(
    'a server whose certificate %s is given neither mail nor password, and tried again',
    async (_, tls, transport, inClear, error) => {
      const server = await smtpServer(undefined, tls);
      const { runtime, events, failed, asked } = await alertVia(transport, server.port);
      await failed;

      expect(asked).toHaveLength(3);
      expect(server.commands).toEqual([...inClear, ...inClear, ...inClear]);
      expect(server.mails).toEqual([]);
      const { channels } = runtime.readings().alerting['self']!;
      expect(channels['email']).toMatchObject({ queued: 1, delivered: 0, failures: 1, lost: 0, error });
      expect(events).toContainEqual(expect.objectContaining({ type: 'channel.failed', error }));
      expect(inspect([events, runtime.readings()], { depth: 12 })).not.toContain('CANARY');
      await server.left();
    },
  );
});

test('options that are wrong are named, and what came of the transport is not', () => {
  const given = { transport: { host: 'h' }, from: 'a@b', to: 'c@d' };

  expect(() => email({ ...given, transport: { hostname: 'CANARY' } as never })).toThrow(
    "email.transport: expected nodemailer's options for SMTP, with host, received something else",
  );
  expect(() => email({ ...given, to: [] })).toThrow('email.to: expected an address, or an array of 1 to 64 of them');
  expect(() => email({ ...given, subject: 'x' } as never)).toThrow('email: has no key "subject"');
});
