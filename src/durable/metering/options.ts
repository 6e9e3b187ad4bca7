/** Metering's options, and those of a question about usage. */
import { callback, flag, group, integer, name, theirs, z } from '../../core/schema.ts';
import { type DeliverUsage, lackOfSink, type UsageSink } from './usage-sink.ts';
import { USAGE_DIMENSIONS } from './usage-dimension.ts';

const DAY_MS = 86_400_000;

const sink = z.union([callback<DeliverUsage>('(batch, context) => void'), theirs<UsageSink>(lackOfSink)], {
  error: ({ input }) => lackOfSink(input),
});

export const meteringOptions = group({
  /** False turns it off at no cost: nothing is recorded, no thread is started. Default: what METERING_ENABLED says, else true. */
  enabled: flag().optional(),
  /** Usage is kept by windows of so many milliseconds of the wall clock; a batch is of one. */
  windowMs: integer(1_000, DAY_MS).default(60_000),
  /**
   * Where committed usage is sent: functions `(batch, context) => void`, what `cloudEventsSink` gives, or sinks of your
   * own `{ name, deliver }`.
   */
  sinks: z
    .array(sink, { error: 'an array of at most 16 sinks' })
    .max(16, { error: 'an array of at most 16 sinks' })
    .default([]),
});

export type ResolvedMeteringOptions = z.output<typeof meteringOptions>;

const instant = z
  .union([z.number(), z.date().transform(Number)], { error: 'milliseconds since 1970, or a Date' })
  .optional();

export const usageQuestion = group({
  /** Only what this tenant used. */
  tenant: name().optional(),
  /** Only windows that begin at this instant or later … */
  from: instant,
  /** … and before this one. */
  to: instant,
  /** What to add up by; `window` keeps the windows apart. */
  groupBy: z
    .array(z.enum(USAGE_DIMENSIONS, { error: `one of ${USAGE_DIMENSIONS.join(', ')}` }), {
      error: `an array of ${USAGE_DIMENSIONS.join(', ')}`,
    })
    .max(USAGE_DIMENSIONS.length, { error: `an array of ${USAGE_DIMENSIONS.join(', ')}` })
    .default(['tenant']),
});

export type UsageQuestion = z.input<typeof usageQuestion>;
