import type { Commit } from '../../src/durable/stores/requests.ts';
import { commitOf, usageLine } from '../durable/stores/store-rig.ts';
import { recordsOf } from './fixtures/plan.ts';

/** A batch of the plan, added up as the ring would. in  cursor   where it begins in its run */
export function plannedCommit(batch: number, runId: string, cursor: number): Commit {
  const tenants = Map.groupBy(recordsOf(batch), ({ tenant }) => tenant);
  const lines = [...tenants].map(([tenant, { length }]) => ({ ...usageLine(tenant, length), tokens: batch * length }));
  return commitOf(batch, cursor, lines, runId);
}
