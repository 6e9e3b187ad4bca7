/** Alerts by mail: nodemailer against a real SMTP server on loopback. */
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { createRuntime, email, type EmailOptions, type HoldfastEvent } from '../../../src/index.ts';
import { smtpServer } from '../../support/smtp-server.ts';

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

test('options that are wrong are named, and what came of the transport is not', () => {
  const given = { transport: { host: 'h' }, from: 'a@b', to: 'c@d' };

  expect(() => email({ ...given, transport: { hostname: 'CANARY' } as never })).toThrow(
    "email.transport: expected nodemailer's options for SMTP, with host, received something else",
  );
  expect(() => email({ ...given, to: [] })).toThrow('email.to: expected an address, or an array of 1 to 64 of them');
  expect(() => email({ ...given, subject: 'x' } as never)).toThrow('email: has no key "subject"');
});
