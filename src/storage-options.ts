/** The store's own options, and those of questions to it: types, bounds and defaults, once. */
import { group, integer, name, z } from './core/schema.ts';

const DAY_MS = 86_400_000;
const MEBI = 1_048_576;
const LATEST_MS = 8_640_000_000_000_000;

const file = z
  .string({ error: 'the path of a file' })
  .min(1, { error: 'the path of a file' })
  .max(4_096, { error: 'the path of a file' })
  .refine((value) => !value.includes('\0') && value !== ':memory:', { error: 'the path of a file' });

export const storeOptions = group({
  /** The file; made when missing, its folder is not. SQLite keeps two more beside it, and we a lock. */
  path: file,
  /** What is forgotten: of history and of windows of usage, never of totals. */
  retention: group({
    /** What is older. 30 days. */
    ageMs: integer(60_000, 3_650 * DAY_MS).default(30 * DAY_MS),
    /** The most bytes the file may have; at four fifths of it the oldest is forgotten early. 256 MiB. */
    maxBytes: integer(MEBI, 65_536 * MEBI).default(256 * MEBI),
  }).prefault({}),
});

export type ResolvedStoreOptions = z.output<typeof storeOptions>;

const instant = integer(0, LATEST_MS).optional();

export const historySpan = group({ from: instant, to: instant });
export const tripsQuery = group({
  from: instant,
  to: instant,
  breaker: name().optional(),
  limit: integer(1, 10_000).optional(),
});
