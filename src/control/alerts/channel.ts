/** Where people are told: a function of the application's, or anything that has one. */
import type { Env } from '../../core/env.ts';
import type { AlertNotice } from './notice.ts';

export interface ChannelContext extends Pick<Env, 'fetch' | 'connect'> {
  /** Aborted when the time of the attempt is up. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/** Takes a notice by returning, or by a promise that is fulfilled. What it throws is shown by its kind only. */
export type DeliverAlert = (notice: AlertNotice, context: ChannelContext) => unknown;

export interface AlertChannel {
  /** 1…128 characters, unique among the channels. */
  readonly name: string;
  /** How long one attempt may take, 1…600,000. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  deliver(notice: AlertNotice, context: ChannelContext): unknown;
}

/** What an option falls short of as a channel, as it completes "expected …"; undefined for one that will do. */
export function lackOfChannel(value: unknown): string | undefined {
  if (typeof value === 'function') return undefined;
  if (typeof value !== 'object' || value === null)
    return 'a function (notice, context) => void, or a channel with name and deliver';
  const { name, deliver, timeoutMs = 1 } = value as Partial<Record<keyof AlertChannel, unknown>>;
  if (typeof name !== 'string' || name.length < 1 || name.length > 128)
    return 'a channel with a name of 1 to 128 characters';
  if (typeof deliver !== 'function') return 'a channel with deliver, a function (notice, context) => void';
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 1 && timeoutMs <= 600_000))
    return 'a channel with timeoutMs, milliseconds from 1 to 600000';
  return undefined;
}
