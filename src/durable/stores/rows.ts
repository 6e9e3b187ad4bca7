/** An event as a row, and a row as the event it was. Pure: one pair for each table. */
import type { SqlValue } from '../../core/env.ts';
import type { EventType, HoldfastEvent } from '../../core/events.ts';
import type { SampledHealth, HistoryEntry } from './history.ts';
import type { Row, StoredRow } from './requests.ts';

/** What a transition's event does not say, and a restart needs. */
export interface Opening {
  readonly optionsHash: string | null;
  readonly openUntilWallMs: number | null;
  readonly attempt: number;
}

type Transition = Pick<
  HoldfastEvent<'breaker.transitioned'>,
  'breaker' | 'key' | 'from' | 'to' | 'rule' | 'epoch' | 'by' | 'reason'
>;

export function transitionRow(event: Transition, opening: Opening, wallMs: number): Row {
  const { breaker, key = '', from, to, rule, epoch, by = null, reason = null } = event;
  const { optionsHash, openUntilWallMs, attempt } = opening;
  return [
    'circuit_breakers',
    breaker,
    key,
    to,
    from,
    rule,
    epoch,
    by,
    reason,
    optionsHash,
    openUntilWallMs,
    attempt,
    wallMs,
  ];
}

export function sampleRow({ status, score, trend, counted }: SampledHealth, wallMs: number): Row {
  return ['system_health_snapshots', status, score, trend, counted, wallMs];
}

/** Every event but a breaker's transition, which needs more than it says. */
export function eventRow(event: HoldfastEvent): Row {
  const { wallMs } = event;
  switch (event.type) {
    case 'check.changed':
      return ['health_checks', event.check, event.to, event.from, event.error ?? null, wallMs];
    case 'degradation.changed':
      return ['degradation_state', event.to, event.from, event.reason, event.by ?? null, wallMs];
    case 'flag.changed':
      return ['feature_flags', event.flag, Number(event.enabled), event.reason, wallMs];
    case 'recovery.scheduled':
      return recoveryRow({ ...event, event: 'scheduled' }, wallMs);
    case 'recovery.attempted':
      return recoveryRow(
        { ...event, event: 'attempted', result: event.succeeded ? 'succeeded' : 'failed', reason: event.error ?? null },
        wallMs,
      );
    case 'recovery.ended':
      return recoveryRow({ ...event, event: 'ended', attempt: event.attempts }, wallMs);
    case 'failover.switched':
      return recoveryRow({ ...event, event: 'failedOver', service: event.component }, wallMs);
    default:
      return ['events', event.type, JSON.stringify(payloadOf(event)), wallMs];
  }
}

interface RecoveryColumns {
  readonly event: string;
  readonly task?: string;
  readonly service: string;
  readonly strategy?: string;
  readonly priority?: number;
  readonly attempt?: number;
  readonly result?: string;
  readonly durationMs?: number;
  readonly from?: string;
  readonly to?: string;
  readonly by?: string;
  readonly reason?: string | null;
}

function recoveryRow(row: RecoveryColumns, wallMs: number): Row {
  const { event, task = null, service, strategy = null, priority = null, attempt = null, result = null } = row;
  const { durationMs = null, from = null, to = null, by = null, reason = null } = row;
  return [
    'recovery_events',
    event,
    task,
    service,
    strategy,
    priority,
    attempt,
    result,
    durationMs,
    from,
    to,
    by,
    reason,
    wallMs,
  ];
}

/** What an event says, without its envelope. */
export function payloadOf(event: HoldfastEvent): object {
  return Object.fromEntries(Object.entries(event).filter(([key]) => !ENVELOPE.has(key)));
}

const ENVELOPE: ReadonlySet<string> = new Set(['v', 'type', 'atMs', 'wallMs', 'policyHash']);

type Columns = Readonly<Record<string, SqlValue>>;

export function entryOf([table, row]: StoredRow): HistoryEntry {
  const { type, ...payload } = payloadOfRow(table, row);
  return {
    id: `e${String(row['id'])}`,
    wallMs: Number(row['at_ms']),
    type,
    ...(table === 'events' ? payload : present(payload)),
  } as HistoryEntry;
}

function payloadOfRow(table: StoredRow[0], row: Columns): { readonly type: EventType | 'health.sampled' } & Columns {
  switch (table) {
    case 'circuit_breakers': {
      const { breaker, key, from_state: from, to_state: to, rule, epoch, actor: by, reason } = row;
      return {
        type: 'breaker.transitioned',
        breaker,
        key: key === '' ? null : key,
        from,
        to,
        rule,
        epoch,
        by,
        reason,
      } as never;
    }
    case 'health_checks': {
      const { component: check, previous: from, answer: to, error } = row;
      return { type: 'check.changed', check, from: from ?? NULL, to, error } as never;
    }
    case 'system_health_snapshots': {
      const { status, score, trend, counted } = row;
      return { type: 'health.sampled', status, score: score ?? NULL, trend, counted } as never;
    }
    case 'degradation_state': {
      const { previous: from, level: to, reason, actor: by } = row;
      return { type: 'degradation.changed', from, to, reason, by } as never;
    }
    case 'feature_flags': {
      const { flag, is_enabled, reason } = row;
      return { type: 'flag.changed', flag, enabled: is_enabled === 1, reason } as never;
    }
    case 'recovery_events':
      return recoveryPayload(row) as never;
    case 'events':
      return { type: row['type'], ...(JSON.parse(row['payload'] as string) as Columns) } as never;
  }
}

function recoveryPayload(row: Columns): object {
  const { task, service, strategy, priority, attempt, result, reason, actor: by } = row;
  const durationMs = row['duration_ms'];
  switch (row['event']) {
    case 'scheduled':
      return { type: 'recovery.scheduled', task, service, strategy, priority, reason };
    case 'attempted': {
      const succeeded = result === 'succeeded';
      return { type: 'recovery.attempted', task, service, attempt, succeeded, durationMs, error: reason };
    }
    case 'ended':
      return { type: 'recovery.ended', task, service, result, attempts: attempt, durationMs, reason };
    default:
      return {
        type: 'failover.switched',
        component: service,
        from: row['from_provider'],
        to: row['to_provider'],
        by,
        reason,
      };
  }
}

/** A null that means something; any other is a column that does not apply. */
const NULL = Symbol('null');

function present(payload: Readonly<Record<string, unknown>>): object {
  const entries = Object.entries(payload).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, value === NULL ? null : value]));
}
