/** What the tables of a store's file do by themselves, version 1: history, summaries, timestamps, retention. */
import { NOW_MS } from './tables.ts';

/** Tables of which old rows are forgotten. */
export const FORGETFUL = [
  'circuit_breaker_state_history',
  'health_checks',
  'system_health_snapshots',
  'recovery_events',
  'degradation_state',
  'feature_flag_history',
  'chaos_experiment_events',
  'events',
] as const;

/** One insert in so many looks at the oldest, four times as many, for what is too old: forgetting keeps up. */
const EVERY = 256;

const TRANSITION = 'rule, epoch, actor, reason, options_hash, open_until_ms, attempt';
const NEW_TRANSITION = 'NEW.rule, NEW.epoch, NEW.actor, NEW.reason, NEW.options_hash, NEW.open_until_ms, NEW.attempt';

const remember = `BEGIN
  INSERT INTO circuit_breaker_state_history
    (id, breaker, key, to_state, from_state, ${TRANSITION}, at_ms, checksum)
  VALUES
    (NEW.event_id, NEW.breaker, NEW.key, NEW.state, NEW.previous_state, ${NEW_TRANSITION}, NEW.changed_ms, NEW.checksum);
END`;

const rememberFlag = `BEGIN
  INSERT INTO feature_flag_history (id, flag, is_enabled, reason, at_ms, checksum)
  VALUES (NEW.event_id, NEW.flag, NEW.is_enabled, NEW.reason, NEW.changed_ms, NEW.checksum);
END`;

/** in  component, state, isUp   expressions over NEW */
function summarise(kind: string, component: string, state: string, isUp: string): string {
  return `BEGIN
  INSERT INTO component_health_summary (kind, component, state, is_up, since_ms, changes, failures, last_failure_ms)
  VALUES ('${kind}', ${component}, ${state}, ${isUp}, NEW.at_ms, 1, NOT ${isUp}, CASE WHEN ${isUp} THEN NULL ELSE NEW.at_ms END)
  ON CONFLICT DO UPDATE SET
    state = excluded.state,
    is_up = excluded.is_up,
    since_ms = excluded.since_ms,
    changes = changes + 1,
    failures = failures + excluded.failures,
    last_failure_ms = ifnull(excluded.last_failure_ms, last_failure_ms);
END`;
}

function touch(table: string, ...key: readonly string[]): string {
  const isSame = key.map((column) => `${column} = NEW.${column}`).join(' AND ');
  return `CREATE TRIGGER ${table}_touched AFTER UPDATE ON ${table} WHEN NEW.updated_ms = OLD.updated_ms BEGIN
  UPDATE ${table} SET updated_ms = ${NOW_MS} WHERE ${isSame};
END`;
}

function forget(table: string): string {
  return `CREATE TRIGGER ${table}_retention AFTER INSERT ON ${table} WHEN NEW.id % ${EVERY} = 0 BEGIN
  DELETE FROM ${table} WHERE id IN (
    SELECT id FROM (SELECT id, at_ms FROM ${table} ORDER BY id LIMIT ${4 * EVERY})
    WHERE at_ms < NEW.at_ms - (SELECT max_age_ms FROM retention WHERE table_name = '${table}')
  );
END`;
}

export const TRIGGERS: readonly string[] = [
  `CREATE TRIGGER circuit_breakers_first AFTER INSERT ON circuit_breakers ${remember}`,
  `CREATE TRIGGER circuit_breakers_next AFTER UPDATE OF event_id ON circuit_breakers ${remember}`,
  // Keyed ones are too many to be summed up each.
  `CREATE TRIGGER circuit_breaker_summary AFTER INSERT ON circuit_breaker_state_history WHEN NEW.key = '' ${summarise(
    'breaker',
    'NEW.breaker',
    'NEW.to_state',
    `(NEW.to_state NOT IN ('open', 'forcedOpen'))`,
  )}`,
  `CREATE TRIGGER health_check_summary AFTER INSERT ON health_checks ${summarise(
    'check',
    'NEW.component',
    'NEW.answer',
    `(NEW.answer <> 'unhealthy')`,
  )}`,
  `CREATE TRIGGER feature_flags_first AFTER INSERT ON feature_flags ${rememberFlag}`,
  `CREATE TRIGGER feature_flags_next AFTER UPDATE OF event_id ON feature_flags ${rememberFlag}`,
  `CREATE TRIGGER degradation_ended AFTER INSERT ON degradation_state BEGIN
  UPDATE degradation_state SET ended_ms = NEW.at_ms WHERE ended_ms IS NULL AND id < NEW.id;
END`,
  touch('feature_flags', 'flag'),
  touch('chaos_experiments', 'experiment'),
  touch('kept_state', 'kind', 'id'),
  touch('metering_totals', 'tenant'),
  ...FORGETFUL.map(forget),
];
