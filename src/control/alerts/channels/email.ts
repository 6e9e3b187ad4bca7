/**
 * A channel that sends mail, by the package nodemailer: an optional peer, loaded with the first notice.
 *
 * The connection is the Env's; what goes over it is nodemailer's. One mail, one connection: alerts are few.
 */
import type { Duplex } from 'node:stream';
import type * as Nodemailer from 'nodemailer';
import { errorKind } from '../../../core/error-kind.ts';
import { isoTime } from '../../../core/iso-time.ts';
import { parseSecret } from '../../../core/parse-secret.ts';
import { group, theirs, z } from '../../../core/schema.ts';
import type { AlertChannel, ChannelContext } from '../channel.ts';
import { ChannelError } from '../channel-error.ts';
import type { AlertNotice, NoticeKind } from '../notice.ts';
import { channelShape } from './channel-shape.ts';

/** As nodemailer's SMTP transport takes them; these are the ones that are looked at. */
export interface EmailTransport {
  readonly host: string;
  /** Default: 465 where `secure`, else 587. */
  readonly port?: number;
  /** TLS from the first byte. Default: where the port is 465. Otherwise it is begun when the server offers it. */
  readonly secure?: boolean;
  /** TLS has to be begun: a server that offers none gets neither mail nor password. */
  readonly requireTLS?: boolean;
  readonly auth?: object;
  readonly [option: string]: unknown;
}

const TRANSPORT = "nodemailer's options for SMTP, with host";
const ADDRESS = 'an address, 1 to 512 characters';
const address = z.string({ error: ADDRESS }).min(1, { error: ADDRESS }).max(512, { error: ADDRESS });
const ADDRESSES = 'an address, or an array of 1 to 64 of them';

const addresses = z.array(address, { error: ADDRESSES }).min(1, { error: ADDRESSES }).max(64, { error: ADDRESSES });

export const emailOptions = group({
  /** nodemailer's options for SMTP: `{ host, port, secure, requireTLS, tls, auth: { user, pass }, … }`. */
  transport: theirs<EmailTransport>((value) =>
    typeof (value as Partial<EmailTransport> | null)?.host === 'string' ? undefined : TRANSPORT,
  ),
  /** Who sends it. */
  from: address,
  /** Who gets it. */
  to: z.union([address.transform((one) => [one]), addresses], { error: ADDRESSES }),
  ...channelShape('email'),
});
export type EmailOptions = z.input<typeof emailOptions>;

/** throws  INVALID_OPTIONS, which never says what the transport's options were */
export function email(given: EmailOptions): AlertChannel {
  const { transport, from, to, name, timeoutMs } = parseSecret(emailOptions, given, 'email', ['transport']);
  return {
    name,
    timeoutMs,
    deliver: async (notice, context) => send(transport, { from, to: [...to], ...mailOf(notice) }, context),
  };
}

interface Mail {
  readonly from: string;
  readonly to: string[];
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
}

async function send(transport: EmailTransport, mail: Mail, { connect, signal }: ChannelContext): Promise<void> {
  const { createTransport } = await load();
  let socket: Duplex | undefined;
  const { host, secure = transport.port === 465, port = secure ? 465 : 587 } = transport;
  const getSocket: Nodemailer.SMTPTransportOptions['getSocket'] = (_options, tell) => {
    connect({ host, port }, signal).then(
      (connection) => {
        socket = connection;
        tell(null, { connection: asSocket(connection) as never });
      },
      (error: unknown) => tell(error as Error, false),
    );
  };
  const sender = createTransport({ ...transport, host, port, secure, getSocket });
  try {
    await sender.sendMail({ ...mail, signal });
  } catch (error) {
    throw refused(error);
  } finally {
    sender.close();
    socket?.destroy();
  }
}

/** nodemailer sets what it calls a socket's idle timeout, of which not every stream has heard: our own time is shorter. */
function asSocket(connection: Duplex): Duplex {
  return 'setTimeout' in connection ? connection : Object.assign(connection, { setTimeout() {} });
}

async function load(): Promise<typeof Nodemailer> {
  try {
    return await import('nodemailer');
  } catch {
    throw new ChannelError('needs the package nodemailer, which is not installed: npm install nodemailer', {
      isFinal: true,
    });
  }
}

/**
 * A 5xx is the server's last word; what it said besides may repeat what we said. What goes wrong below that, a
 * certificate for example, nodemailer calls ESOCKET and keeps the code it had.
 */
function refused(error: unknown): unknown {
  const { responseCode: status, originalCode } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof status === 'number') return new ChannelError(`answered ${status}`, { isFinal: status >= 500 });
  return originalCode === undefined ? error : new ChannelError(errorKind({ code: originalCode }));
}

const WORDS: Readonly<Record<NoticeKind, string>> = {
  raised: 'firing',
  escalated: 'not acknowledged',
  acknowledged: 'acknowledged',
  resolved: 'resolved',
  test: 'test',
};

function mailOf(notice: AlertNotice): Pick<Mail, 'subject' | 'text' | 'messageId'> {
  const { id, kind, rule, severity, component, message, runbook, by, suppressed, runtime, wallMs } = notice;
  const lines = [
    message,
    '',
    `rule       ${rule}`,
    `severity   ${severity}`,
    `component  ${component}`,
    `runtime    ${runtime}`,
    `time       ${isoTime(wallMs)}`,
    `alert      ${notice.alert}`,
    ...(by === undefined ? [] : [`by         ${by}`]),
    ...(runbook === undefined ? [] : [`runbook    ${runbook}`]),
    ...(suppressed === undefined ? [] : [`not sent   ${suppressed} notices before this one`]),
  ];
  const subject = `[${severity}] ${WORDS[kind]}: ${rule} on ${component}`;
  return { subject, text: lines.join('\n'), messageId: `<${id}@holdfast>` };
}
