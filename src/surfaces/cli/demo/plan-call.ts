/**
 * The script of the callers: which pipeline the n-th call goes through, for whom, and how patient they are. Pure, and
 * the same on every run.
 */
import { chance } from './chance.ts';
import { SEED } from './script.ts';

export const PIPELINES = ['catalog', 'reviews', 'search', 'payments', 'invoices'] as const;
export type PipelineName = (typeof PIPELINES)[number];

const TENANTS = [
  { tenant: 'harbour', tier: 'gold', share: 0.45 },
  { tenant: 'orchard', tier: 'standard', share: 0.3 },
  { tenant: 'lighthouse', tier: 'standard', share: 0.17 },
  { tenant: 'quarry', tier: 'trial', share: 0.08 },
] as const;

/** Of those who search, so many type on before the answer is there; their page aborts the request. */
const TYPES_ON = 0.12;
const TYPES_ON_AFTER_MS = 35;

export interface PlannedCall {
  readonly pipeline: PipelineName;
  readonly tenant: string;
  readonly tier: string;
  /** The caller aborts after so long; null for one who waits. */
  readonly abandonAfterMs: number | null;
}

export function planCall(n: number): PlannedCall {
  const pipeline = PIPELINES[Math.floor(chance(SEED + 10, 3 * n) * PIPELINES.length)]!;
  const { tenant, tier } = pick(chance(SEED + 10, 3 * n + 1));
  const typesOn = pipeline === 'search' && chance(SEED + 10, 3 * n + 2) < TYPES_ON;
  return { pipeline, tenant, tier, abandonAfterMs: typesOn ? TYPES_ON_AFTER_MS : null };
}

function pick(luck: number): (typeof TENANTS)[number] {
  let left = luck;
  for (const tenant of TENANTS) if ((left -= tenant.share) < 0) return tenant;
  return TENANTS[0];
}
