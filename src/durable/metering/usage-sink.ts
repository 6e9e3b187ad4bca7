/** Where committed usage goes besides the ledger: a function of the application's, or anything that has one. */
import type { Fetch } from '../../core/env.ts';
import type { UsageBatch } from './usage-batch.ts';

export interface SinkContext {
  /** Aborted when the time of the attempt is up. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The runtime's way to the network. */
  readonly fetch: Fetch;
}

/** Takes a batch by returning, or by a promise that is fulfilled. Whatever else it does, the batch is sent again. */
export type DeliverUsage = (batch: UsageBatch, context: SinkContext) => unknown;

export interface UsageSink {
  /** 1…128 characters, unique among the sinks. What was delivered is remembered by it. */
  readonly name: string;
  /** Lines of one delivery, at most, 1…10,000. Default: 100. Another number gives what is sent again other ids. */
  readonly batchLines?: number | undefined;
  /** How long one attempt may take, 1…600,000. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  deliver(batch: UsageBatch, context: SinkContext): unknown;
}

/** What an option falls short of as a sink, as it completes "expected …"; undefined for one that will do. */
export function lackOfSink(value: unknown): string | undefined {
  if (typeof value === 'function') return undefined;
  if (typeof value !== 'object' || value === null)
    return 'a function (batch, context) => void, or a sink with name and deliver';
  const { name, deliver, batchLines = 1, timeoutMs = 1 } = value as Partial<Record<keyof UsageSink, unknown>>;
  if (typeof name !== 'string' || name.length < 1 || name.length > 128)
    return 'a sink with a name of 1 to 128 characters';
  if (typeof deliver !== 'function') return 'a sink with deliver, a function (batch, context) => void';
  if (!Number.isInteger(batchLines) || !isBetween(batchLines, 10_000))
    return 'a sink with batchLines, a whole number from 1 to 10000';
  if (!isBetween(timeoutMs, 600_000)) return 'a sink with timeoutMs, milliseconds from 1 to 600000';
  return undefined;
}

function isBetween(value: unknown, max: number): boolean {
  return typeof value === 'number' && value >= 1 && value <= max;
}
