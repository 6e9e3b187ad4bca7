/** What a rule wants, and which rule does so. Pure. */
import type { ResolvedRecoveryRule } from './options.ts';
import type { Happening, HappeningKind, Rules } from './rules.ts';
import type { Cause, Want } from './wants.ts';

interface RuledCause extends Cause {
  readonly kind: HappeningKind;
}

export interface RuledWant extends Want {
  readonly cause: RuledCause;
}

export function isRuled(want: Want): want is RuledWant {
  return want.cause.kind !== 'call' && !want.isDefault;
}

export function ruleOf(rules: Rules, { kind, name }: RuledCause): ResolvedRecoveryRule | undefined {
  return rules.find(kind, name);
}

/** The rule, where what it is about is so: a signal has to be there, and to hurt enough. */
export function fitting(
  rule: ResolvedRecoveryRule | undefined,
  { kind, name }: RuledCause,
  holding: readonly Happening[],
): ResolvedRecoveryRule | undefined {
  if (rule === undefined || kind !== 'signal') return rule;
  const found = holding.find((happening) => happening.kind === 'signal' && happening.name === name);
  return found !== undefined && found.severity! >= rule.severity ? rule : undefined;
}

export function serviceOf(rule: ResolvedRecoveryRule | undefined, { name }: Cause): string | undefined {
  return rule && (rule.service ?? name);
}
