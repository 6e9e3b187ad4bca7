/**
 * What a person with the `sqlite3` program wants to know, version 1.
 *
 * "Now" is when the file was last written to, so the views answer the same questions about a process that is long dead.
 */
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export const VIEWS: readonly string[] = [
  `CREATE VIEW active_circuit_breakers AS
SELECT breaker, key, state, rule, epoch, changed_ms AS since_ms, open_until_ms, actor, reason
FROM circuit_breakers WHERE state <> 'closed' ORDER BY changed_ms, breaker, key`,

  `CREATE VIEW recent_health_failures AS
SELECT component, answer, error, at_ms
FROM health_checks
WHERE answer <> 'healthy' AND at_ms > (SELECT last_written_ms FROM store_state) - ${HOUR_MS}
ORDER BY id DESC`,

  `CREATE VIEW recovery_success_rate AS
SELECT service, count(*) AS ended, sum(result = 'succeeded') AS succeeded, sum(result = 'failed') AS failed,
  avg(result = 'succeeded') AS success_rate, avg(duration_ms) AS mean_duration_ms
FROM recovery_events WHERE event = 'ended' GROUP BY service ORDER BY service`,

  `CREATE VIEW current_system_status AS
SELECT h.status, h.score, h.trend, h.at_ms,
  (SELECT count(*) FROM circuit_breakers WHERE state IN ('open', 'forcedOpen')) AS open_breakers,
  (SELECT count(*) FROM component_health_summary WHERE kind = 'check' AND is_up = 0) AS unhealthy_checks,
  ifnull((SELECT level FROM degradation_state WHERE ended_ms IS NULL ORDER BY id DESC LIMIT 1), 'full') AS level,
  (SELECT count(*) FROM feature_flags WHERE is_enabled = 0) AS flags_off
FROM system_health_snapshots h ORDER BY h.id DESC LIMIT 1`,

  // Of the time since the first run, at most a day; a breaker is down while it rejects, a check while it is unhealthy.
  `CREATE VIEW component_availability_24h AS
WITH span AS (
  SELECT last_written_ms AS until_ms,
    max(last_written_ms - ${DAY_MS}, ifnull((SELECT min(started_ms) FROM runs), 0)) AS from_ms
  FROM store_state
), changes AS (
  SELECT 'breaker' AS kind, breaker AS component, to_state IN ('open', 'forcedOpen') AS is_down, at_ms, id
  FROM circuit_breaker_state_history WHERE key = ''
  UNION ALL
  SELECT 'check', component, answer = 'unhealthy', at_ms, id FROM health_checks
), spells AS (
  SELECT kind, component, is_down, max(at_ms, from_ms) AS from_ms,
    lead(at_ms, 1, until_ms) OVER (PARTITION BY kind, component ORDER BY id) AS until_ms,
    until_ms - span.from_ms AS observed_ms
  FROM changes, span
)
SELECT kind, component, sum(is_down * max(0, until_ms - from_ms)) AS down_ms, max(observed_ms) AS observed_ms,
  CASE WHEN max(observed_ms) > 0 THEN 1.0 - 1.0 * sum(is_down * max(0, until_ms - from_ms)) / max(observed_ms) END
    AS availability
FROM spells GROUP BY kind, component ORDER BY kind, component`,

  `CREATE VIEW active_degradation AS
SELECT level, previous, reason, actor, at_ms AS since_ms
FROM degradation_state WHERE ended_ms IS NULL AND level <> 'full'`,
];
