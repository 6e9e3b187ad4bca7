/** A channel that writes one line of JSON for each notice: to the process's standard error, or where it is told. */
import { callback, group, type z } from '../../../core/schema.ts';
import { parseOptions } from '../../../core/schema.ts';
import { isoTime } from '../../../core/iso-time.ts';
import type { AlertChannel } from '../channel.ts';
import { channelShape } from './channel-shape.ts';

type Write = (line: string) => unknown;

const write = callback<Write>('(line) => void');
const logChannelOptions = group(channelShape('log'));
export type LogChannelOptions = z.input<typeof logChannelOptions>;

/**
 * in      given   takes a line without its end; a promise it returns is waited for
 * throws  INVALID_OPTIONS
 */
export function logChannel(given: Write = toStderr, options: LogChannelOptions = {}): AlertChannel {
  const tell = parseOptions(write, given, 'logChannel write');
  const { name, timeoutMs } = parseOptions(logChannelOptions, options, 'logChannel');
  return {
    name,
    timeoutMs,
    deliver: ({ wallMs, ...notice }) => tell(JSON.stringify({ time: isoTime(wallMs), ...notice })),
  };
}

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
