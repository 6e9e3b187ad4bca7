/**
 * What a governance platform meters, by the moment it happens: five functions that know their operation and tier, so
 * that every deployment of it charges by the same words.
 */
import type { Metadata, MeteredRecord } from '../../hotpath/metering-ring.ts';

/** One use of the platform. */
export interface HookUse {
  readonly tenant: string;
  readonly agent?: string | undefined;
  readonly tokens?: number | undefined;
  readonly latencyMs?: number | undefined;
  /** Compliance, 0…1. Left out, it is 1 or 0 by `passed`, where that is said. */
  readonly score?: number | undefined;
  /** What was decided: valid, allowed, approved. */
  readonly passed?: boolean | undefined;
  readonly metadata?: Metadata | undefined;
  readonly policyHash?: string | undefined;
}

/** Each returns what `record` returns, and throws nothing. */
export interface MeteringHooks {
  /** An action was held against the constitution. Tier `standard`. */
  onConstitutionalValidation(use: HookUse): boolean;
  /** An agent sent a message. Tier `standard`. */
  onAgentMessage(use: HookUse): boolean;
  /** A policy was evaluated. Tier `enhanced`. */
  onPolicyEvaluation(use: HookUse): boolean;
  /** Something was put before a deliberation. Tier `deliberation`. */
  onDeliberationRequest(use: HookUse): boolean;
  /** A human approved, or did not. Tier `deliberation`. */
  onHitlApproval(use: HookUse): boolean;
}

export function meteringHooks(record: (record: MeteredRecord) => boolean): MeteringHooks {
  const hook =
    (operation: string, tier: string) =>
    (use: HookUse): boolean => {
      try {
        const { tenant, agent, tokens, latencyMs, passed, score = scoreOf(passed), metadata, policyHash } = use;
        return record({ tenant, operation, tier, agent, tokens, latencyMs, score, metadata, policyHash });
      } catch {
        return record(UNREADABLE); // null, or a getter that throws: refused, and counted
      }
    };
  return Object.freeze<MeteringHooks>({
    onConstitutionalValidation: hook('constitutionalValidation', 'standard'),
    onAgentMessage: hook('agentMessage', 'standard'),
    onPolicyEvaluation: hook('policyEvaluation', 'enhanced'),
    onDeliberationRequest: hook('deliberationRequest', 'deliberation'),
    onHitlApproval: hook('hitlApproval', 'deliberation'),
  });
}

const UNREADABLE = null as unknown as MeteredRecord;

function scoreOf(passed: unknown): number | undefined {
  return typeof passed === 'boolean' ? Number(passed) : undefined;
}
