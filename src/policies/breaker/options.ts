/** A breaker's options: types, bounds and defaults, once. What they come to is `rules.ts`. */
import { BREAKER_STATES } from '../../core/breaker-state.ts';
import type { Vote } from '../../core/outcome.ts';
import { between, callback, flag, group, integer, milliseconds, name, share, z } from '../../core/schema.ts';

/** What a trip rule of the application is given: the window as it stands. */
export interface TripCounts {
  readonly total: number;
  readonly failed: number;
  readonly slow: number;
  readonly consecutiveFailures: number;
  /** 0…1; null before `minimumCalls`. */
  readonly failureRate: number | null;
  readonly slowCallRate: number | null;
}

const window = group({
  /** How far back outcomes count, over time. Default: 10,000. */
  ms: milliseconds(1).optional(),
  /** They are forgotten a bucket at a time: more buckets, finer forgetting. Default: 10. */
  buckets: integer(1, 100).optional(),
  /** Or: how many calls count, which needs no clock. */
  calls: integer(1, 1_024).optional(),
})
  .refine(({ ms, buckets, calls }) => calls === undefined || (ms ?? buckets) === undefined, {
    error: 'either calls, or ms and buckets',
  })
  .transform(({ ms = 10_000, buckets = 10, calls }) => (calls === undefined ? { ms, buckets } : { calls }));

const latencyRule = group({
  /** The quantile that is looked at, e.g. 0.95. */
  percentile: share(),
  /** Opens when it took longer (>). */
  aboveMs: milliseconds(),
});

const growing = group({
  /** The first opening. */
  initialMs: milliseconds(1),
  /** Each opening in a row is so many times as long as the one before. */
  factor: between(1, 100).default(2),
  /** And never longer than this, jitter included. */
  maxMs: milliseconds(1).default(60_000),
  /** By which share a duration is shortened or lengthened at random. */
  jitter: between(0, 1).default(0),
}).refine(({ initialMs, maxMs }) => initialMs <= maxMs, { error: 'initialMs of at most maxMs' });

const halfOpen = group({
  /** Probes let through in one half-open epoch; all of them must succeed to close. */
  permits: integer(1, 1_000).default(3),
  /** A probe without a result by then opens the breaker again. Default: the opening's length, at least 1 s. */
  deadlineMs: milliseconds(1).optional(),
});

const rampUp = group({
  /** From none to all. */
  overMs: milliseconds(1),
});

/** What every breaker has, whoever it stands for. */
const slotShape = {
  /** Opens when this share of the window's outcomes failed (≥). 0.5 unless another rule is given. */
  failureRate: share().optional(),
  /** Opens when so many outcomes of the window failed (≥). */
  failureCount: integer(1, 1_000_000).optional(),
  /** Opens when so many outcomes in a row failed (≥). */
  consecutiveFailures: integer(1, 1_000_000).optional(),
  /** Opens when this share of the window's outcomes was slow (≥). Needs `slowCallMs`. */
  slowCallRate: share().optional(),
  /** A call is slow when it took longer than this (>). */
  slowCallMs: milliseconds().optional(),
  /** Opens when a quantile of the window's latencies is too high; `true` only measures them. */
  latency: z.union([z.literal(true), latencyRule], { error: 'true, or { percentile, aboveMs }' }).optional(),
  /** A rule of your own, asked after every recorded outcome. One that throws says no, and is counted. */
  trip: callback<(counts: TripCounts) => boolean>('(counts) => boolean').optional(),
  /** Which outcomes count. */
  window: window.prefault({}),
  /** Below this many outcomes in the window the rates are null and trip nothing. */
  minimumCalls: integer(1, 1_000_000).default(20),
  /** How long an open breaker rejects: a number, a function of the opening's number in a row, or a growth. */
  openMs: z
    .union([milliseconds(), callback<(attempt: number) => number>('(attempt) => ms'), growing], {
      error: 'milliseconds from 0 to 2147483647, a function (attempt) => ms, or { initialMs, factor, maxMs, jitter }',
    })
    .default(5_000),
  /** No opening is longer, whatever `openMs` or Retry-After says. Default: 60,000, or what `openMs` comes to if that is more. */
  maxOpenMs: milliseconds(1).optional(),
  /** How it finds out that things are well again. */
  halfOpen: halfOpen.prefault({}),
  /** After closing, the share of calls let through grows to all of them over this time. */
  rampUp: rampUp.optional(),
};

/** What only a named breaker has, because an actor follows it. */
const namedShape = {
  /** Opens the way to probes by a timer, too, not only when a call comes. */
  autoHalfOpen: flag().default(false),
};

const classifyShape = {
  /** What an error counts for. A classifier that throws counts as `failure`. Default: every error is a failure. */
  classify: callback<(error: unknown) => Vote>('(error) => "success" | "failure" | "ignored"').optional(),
};

/** Who moves a breaker by hand, and why. */
export const manualSchema = group({ by: name(), reason: name() });

export const snapshotSchema = group({
  v: z.literal(1, { error: 'version 1' }),
  breaker: name(),
  state: z.enum(BREAKER_STATES, { error: `one of ${BREAKER_STATES.join(', ')}` }),
  remainingOpenMs: milliseconds(),
  attempt: integer(0, Number.MAX_SAFE_INTEGER),
});

const maxKeys = integer(1, 1_000_000);
const MAX_KEYS = 10_000;

/** What the rules across keys look at. */
interface AcrossKeys {
  readonly slowCallRate?: number;
  readonly slowCallMs?: number;
  readonly openMs?: unknown;
  readonly maxOpenMs?: number;
  readonly failureCount?: number;
  readonly window?: { readonly calls?: number | undefined };
}

function breaker<T extends z.ZodRawShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  return group(shape)
    .refine(({ slowCallRate, slowCallMs }: AcrossKeys) => slowCallRate === undefined || slowCallMs !== undefined, {
      error: 'slowCallMs beside slowCallRate, so that it is known what is slow',
    })
    .refine(({ openMs, maxOpenMs = Infinity }: AcrossKeys) => typeof openMs !== 'number' || openMs <= maxOpenMs, {
      error: 'openMs of at most maxOpenMs',
    })
    .refine(({ failureCount = 0, window }: AcrossKeys) => failureCount <= (window?.calls ?? Infinity), {
      error: 'failureCount of at most window.calls: more can never be in it',
    });
}

/** As they stand in a pipeline, which classifies for itself. */
export const breakerOptions = breaker({
  ...slotShape,
  ...namedShape,
  /** One breaker for each tenant, at most so many; `true` for 10,000. */
  keyed: z
    .union([z.literal(true).transform(() => ({ maxKeys: MAX_KEYS })), group({ maxKeys })], {
      error: 'true, or { maxKeys }',
    })
    .optional(),
}).refine(({ keyed, autoHalfOpen }) => keyed === undefined || !autoHalfOpen, {
  error: 'keyed or autoHalfOpen: a keyed breaker has no timer',
});
/** As they stand alone. */
export const soloBreakerOptions = breaker({ ...slotShape, ...namedShape, ...classifyShape });
/** As they stand for one breaker a key. */
export const keyedBreakerOptions = breaker({
  ...slotShape,
  ...classifyShape,
  /** Keys that have a breaker of their own at once; those beyond share one. */
  maxKeys: maxKeys.default(MAX_KEYS),
});

const slotOptions = group(slotShape);
export type SlotOptions = z.output<typeof slotOptions>;
export type BreakerOptions = z.input<typeof breakerOptions>;
export type ResolvedBreakerOptions = z.output<typeof breakerOptions>;
export type SoloBreakerOptions = z.input<typeof soloBreakerOptions>;
export type ResolvedSoloBreakerOptions = z.output<typeof soloBreakerOptions>;
export type KeyedBreakerOptions = z.input<typeof keyedBreakerOptions>;
export type ResolvedKeyedBreakerOptions = z.output<typeof keyedBreakerOptions>;
