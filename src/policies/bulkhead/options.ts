/** A bulkhead's options: types, bounds and defaults, once. */
import { callback, flag, group, integer, milliseconds, name, valuesByName, type z } from '../../core/schema.ts';

/** How many calls may run at the same time. `resize` takes the same. */
export const places = integer(1, 1_000_000);

const poolOptions = group({
  /** Makes a resource, when none is idle. What it throws is the call's failure. */
  create: callback<() => unknown>('() => resource'),
  /** Ends one. What it throws is counted, and hurts nobody. */
  destroy: callback<(resource: never) => unknown>('(resource) => void').optional(),
  /** Asked before an idle one is lent again; anything but true, thrown errors included, has it destroyed. */
  validate: callback<(resource: never) => boolean | PromiseLike<boolean>>('(resource) => boolean').optional(),
  /** How many are kept. Default: `maxConcurrent`. */
  size: integer(1, 1_000_000).optional(),
  /** How many more are made when all are out, and destroyed when they come back. */
  overflow: integer(0, 1_000_000).default(0),
  /** One that was idle for so long is destroyed. */
  idleMs: milliseconds(1).default(60_000),
});

export const bulkheadOptions = group({
  /** Functions that run at the same time. */
  maxConcurrent: places,
  /** Calls that wait for one of them to end; what comes beyond is rejected at once. */
  maxQueued: integer(0, 1_000_000).default(0),
  /** How long a call may wait. Default: as long as its caller does. */
  maxWaitMs: milliseconds(1).optional(),
  /** A waiting call overtakes those of the next more urgent priority that came so much later. */
  agingMs: milliseconds().default(1_000),
  /** Waiting tenants take turns; a call's priority then counts among its own tenant's. */
  keyed: flag().default(false),
  /** How many calls a tenant may make in its turn. Default: 1 for each. */
  weights: valuesByName(name(), integer(1, 1_000), 'an object of weights by tenant').optional(),
  /** A function nobody waits for any more gives its place back after so long. Default: when it settles. */
  abandonAfterMs: milliseconds().optional(),
  /** Lends each function a resource, as `context.resource`. */
  pool: poolOptions.optional(),
})
  .refine(({ maxQueued, maxWaitMs }) => maxQueued > 0 || maxWaitMs === undefined, {
    error: 'maxQueued beside maxWaitMs: nobody waits without',
  })
  .refine(({ keyed, weights }) => keyed || weights === undefined, {
    error: 'keyed: true beside weights: only tenants that take turns have one',
  })
  .refine(({ maxConcurrent, pool }) => pool?.size === undefined || pool.size + pool.overflow >= maxConcurrent, {
    error: 'together with overflow at least maxConcurrent, as each place needs a resource',
    path: ['pool', 'size'],
  });

export type BulkheadOptions = z.input<typeof bulkheadOptions>;
export type ResolvedBulkheadOptions = z.output<typeof bulkheadOptions>;
export type ResolvedPoolOptions = z.output<typeof poolOptions>;
