/**
 * The tables that history is written to, and those it is read from: a breaker's and a flag's are written as what is,
 * and a trigger remembers what was.
 */

const TRANSITION = ['rule', 'epoch', 'actor', 'reason', 'options_hash', 'open_until_ms', 'attempt'] as const;

export interface TableSpec {
  /** In the order of a row's values, and of its checksum, after the id. The last is when it happened. */
  readonly columns: readonly string[];
  /** Of what is, by its key; absent where each row is one of its own. */
  readonly current?: { readonly key: readonly string[]; readonly id: string };
  /** Where it is read, if elsewhere. */
  readonly from?: { readonly table: string; readonly columns: readonly string[] };
}

export const HISTORY = {
  circuit_breakers: {
    columns: ['breaker', 'key', 'state', 'previous_state', ...TRANSITION, 'changed_ms'],
    current: { key: ['breaker', 'key'], id: 'event_id' },
    from: {
      table: 'circuit_breaker_state_history',
      columns: ['breaker', 'key', 'to_state', 'from_state', ...TRANSITION, 'at_ms'],
    },
  },
  health_checks: { columns: ['component', 'answer', 'previous', 'error', 'at_ms'] },
  system_health_snapshots: { columns: ['status', 'score', 'trend', 'counted', 'at_ms'] },
  recovery_events: {
    columns: [
      'event',
      'task',
      'service',
      'strategy',
      'priority',
      'attempt',
      'result',
      'duration_ms',
      'from_provider',
      'to_provider',
      'actor',
      'reason',
      'at_ms',
    ],
  },
  degradation_state: { columns: ['level', 'previous', 'reason', 'actor', 'at_ms'] },
  feature_flags: {
    columns: ['flag', 'is_enabled', 'reason', 'changed_ms'],
    current: { key: ['flag'], id: 'event_id' },
    from: { table: 'feature_flag_history', columns: ['flag', 'is_enabled', 'reason', 'at_ms'] },
  },
  events: { columns: ['type', 'payload', 'at_ms'] },
} as const satisfies Readonly<Record<string, TableSpec>>;

export type HistoryTable = keyof typeof HISTORY;
export const HISTORY_TABLES = Object.keys(HISTORY) as readonly HistoryTable[];
