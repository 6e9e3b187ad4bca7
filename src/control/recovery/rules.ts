/** What is recovered by itself, and how: of the rules that fit a happening the one that was given first. */
import { HoldfastError } from '../../core/errors.ts';
import { checkPolicyHash } from '../../core/policy-hash.ts';
import { parseOptions } from '../../core/schema.ts';
import { recoveryRule, type RecoveryRule, type ResolvedRecoveryRule } from './options.ts';

const MAX_RULES = 256;

type Trigger = keyof ResolvedRecoveryRule['on'];
/** What may happen. `foreign` is a breaker of another library: a rule about breakers fits both. */
export type HappeningKind = Trigger | 'foreign';
const ANY = '*';

export interface Happening {
  readonly kind: HappeningKind;
  readonly name: string;
  /** In words, after its name: `is unhealthy`. */
  readonly how: string;
  /** Of a signal. */
  readonly severity?: number;
}

export class Rules {
  readonly #policyHash: string;
  readonly #rules: ResolvedRecoveryRule[];

  /** throws  POLICY_HASH_MISMATCH */
  constructor(policyHash: string, rules: readonly ResolvedRecoveryRule[]) {
    this.#policyHash = policyHash;
    this.#rules = rules.map((rule) => this.#checked(rule));
  }

  /** Returns the function that ends it. throws  INVALID_OPTIONS · POLICY_HASH_MISMATCH · CAPACITY_EXHAUSTED */
  add(given: RecoveryRule): () => void {
    const rule = this.#checked(parseOptions(recoveryRule, given, 'recovery rule'));
    if (this.#rules.length >= MAX_RULES)
      throw new HoldfastError(
        'CAPACITY_EXHAUSTED',
        `recovery rules: expected at most ${MAX_RULES}, received one more`,
        {
          component: 'recovery rules',
        },
      );
    this.#rules.push(rule);
    return () => {
      const at = this.#rules.indexOf(rule);
      if (at >= 0) this.#rules.splice(at, 1);
    };
  }

  find(kind: HappeningKind, name: string): ResolvedRecoveryRule | undefined {
    const trigger: Trigger = kind === 'foreign' ? 'breaker' : kind;
    return this.#rules.find(({ on }) => on[trigger] === name || on[trigger] === ANY);
  }

  #checked(rule: ResolvedRecoveryRule): ResolvedRecoveryRule {
    checkPolicyHash('recovery rule', this.#policyHash, rule.policy?.policyHash);
    return rule;
  }
}
