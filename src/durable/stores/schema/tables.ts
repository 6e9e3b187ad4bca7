/**
 * The tables of a store's file, version 1. Read top to bottom by `migrations.ts`; nobody else creates a table.
 *
 * Every time is milliseconds since 1970: `…_ms` of an event is the runtime's wall clock, `created_ms` and `updated_ms`
 * are the file's own. `id` is one running number over all history, so that what happened can be put in order across
 * tables. `checksum` is over the row's values as they were written; see `checksum.ts`.
 *
 * No table of history has an index on time: ids are in order of time but for jumps of the clock, and an index more would
 * cost each event a sixth of its write.
 */
export const NOW_MS = `(CAST(unixepoch('subsec') * 1000 AS INTEGER))`;
const STAMPS = `created_ms INTEGER NOT NULL DEFAULT ${NOW_MS}, updated_ms INTEGER NOT NULL DEFAULT ${NOW_MS}`;

const TRANSITION = `
  rule TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  actor TEXT,
  reason TEXT,
  options_hash TEXT,
  open_until_ms INTEGER,
  attempt INTEGER NOT NULL`;

export const TABLES: readonly string[] = [
  `CREATE TABLE store_state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  last_event_id INTEGER NOT NULL,
  last_written_ms INTEGER NOT NULL,
  is_open INTEGER NOT NULL,
  batches INTEGER NOT NULL,
  records INTEGER NOT NULL,
  undelivered INTEGER NOT NULL
) STRICT`,
  `INSERT INTO store_state VALUES (1, 0, 0, 0, 0, 0, 0)`,
  `CREATE TABLE runs (
  run_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  policy_hash TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  applied INTEGER NOT NULL
) STRICT`,

  `CREATE TABLE circuit_breakers (
  breaker TEXT NOT NULL,
  key TEXT NOT NULL,
  state TEXT NOT NULL,
  previous_state TEXT NOT NULL,${TRANSITION},
  changed_ms INTEGER NOT NULL,
  event_id INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (breaker, key)
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE circuit_breaker_state_history (
  id INTEGER PRIMARY KEY,
  breaker TEXT NOT NULL,
  key TEXT NOT NULL,
  to_state TEXT NOT NULL,
  from_state TEXT NOT NULL,${TRANSITION},
  at_ms INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT`,

  `CREATE TABLE health_checks (
  id INTEGER PRIMARY KEY,
  component TEXT NOT NULL,
  answer TEXT NOT NULL,
  previous TEXT,
  error TEXT,
  at_ms INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT`,
  `CREATE TABLE component_health_summary (
  kind TEXT NOT NULL,
  component TEXT NOT NULL,
  state TEXT NOT NULL,
  is_up INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  changes INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  last_failure_ms INTEGER,
  PRIMARY KEY (kind, component)
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE system_health_snapshots (
  id INTEGER PRIMARY KEY,
  status TEXT NOT NULL,
  score REAL,
  trend TEXT NOT NULL,
  counted INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT`,

  `CREATE TABLE recovery_events (
  id INTEGER PRIMARY KEY,
  event TEXT NOT NULL,
  task TEXT,
  service TEXT NOT NULL,
  strategy TEXT,
  priority REAL,
  attempt INTEGER,
  result TEXT,
  duration_ms REAL,
  from_provider TEXT,
  to_provider TEXT,
  actor TEXT,
  reason TEXT,
  at_ms INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT`,

  `CREATE TABLE degradation_state (
  id INTEGER PRIMARY KEY,
  level TEXT NOT NULL,
  previous TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT,
  at_ms INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  ended_ms INTEGER
) STRICT`,

  `CREATE TABLE feature_flags (
  flag TEXT PRIMARY KEY,
  is_enabled INTEGER NOT NULL,
  reason TEXT NOT NULL,
  changed_ms INTEGER NOT NULL,
  event_id INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  ${STAMPS}
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE feature_flag_history (
  id INTEGER PRIMARY KEY,
  flag TEXT NOT NULL,
  is_enabled INTEGER NOT NULL,
  reason TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT`,

  `CREATE TABLE chaos_experiments (
  experiment TEXT PRIMARY KEY,
  fault TEXT NOT NULL,
  target TEXT NOT NULL,
  state TEXT NOT NULL,
  definition TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  ends_ms INTEGER NOT NULL,
  ended_ms INTEGER,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  ${STAMPS}
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE chaos_experiment_events (
  id INTEGER PRIMARY KEY,
  experiment TEXT NOT NULL,
  event TEXT NOT NULL,
  detail TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT`,

  // Every other event, as JSON.
  `CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT`,

  `CREATE TABLE metering_usage (
  window_start_ms INTEGER NOT NULL,
  window_ms INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  operation TEXT NOT NULL,
  tier TEXT NOT NULL,
  agent TEXT NOT NULL,
  count INTEGER NOT NULL,
  tokens REAL NOT NULL,
  latency_count INTEGER NOT NULL,
  latency_sum_ms REAL NOT NULL,
  latency_min_ms REAL,
  latency_max_ms REAL,
  score_count INTEGER NOT NULL,
  score_sum REAL NOT NULL,
  latency_cells TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  ${STAMPS},
  PRIMARY KEY (window_start_ms, window_ms, tenant, operation, tier, agent)
) STRICT, WITHOUT ROWID`,
  // What a tenant used since the file began: windows are forgotten, this is not.
  `CREATE TABLE metering_totals (
  tenant TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  tokens REAL NOT NULL,
  latency_count INTEGER NOT NULL,
  latency_sum_ms REAL NOT NULL,
  latency_min_ms REAL,
  latency_max_ms REAL,
  score_count INTEGER NOT NULL,
  score_sum REAL NOT NULL,
  latency_cells TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  ${STAMPS}
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE metering_runs (
  run_id TEXT PRIMARY KEY,
  cursor INTEGER NOT NULL,
  is_current INTEGER NOT NULL,
  began_ms INTEGER NOT NULL
) STRICT`,
  `CREATE TABLE metering_batches (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  batch_id TEXT NOT NULL UNIQUE,
  run_id TEXT NOT NULL,
  cursor INTEGER NOT NULL,
  records INTEGER NOT NULL,
  committed_ms INTEGER NOT NULL,
  payload TEXT,
  checksum INTEGER NOT NULL
) STRICT`,
  `CREATE TABLE metering_sinks (sink TEXT PRIMARY KEY) STRICT, WITHOUT ROWID`,
  `CREATE TABLE metering_outbox (
  sink TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (sink, seq)
) STRICT, WITHOUT ROWID`,

  `CREATE TABLE kept_state (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  value TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  ${STAMPS},
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID`,
  // A row whose checksum says it is not what was written: put aside, never deleted.
  `CREATE TABLE damaged_rows (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  table_name TEXT NOT NULL,
  row TEXT NOT NULL,
  found_ms INTEGER NOT NULL
) STRICT`,
  `CREATE TABLE retention (
  table_name TEXT PRIMARY KEY,
  max_age_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID`,
];
