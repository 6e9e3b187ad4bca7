/** The rules as the application wants them: ours, changed or turned off, and whom each is told. */
import { invalidOptions } from '../../core/errors.ts';
import type { AlertSeverity } from '../../core/readings.ts';
import { DEFAULT_RULES, type DefaultRuleName } from './default-rules.ts';
import type { ResolvedAlertsOptions } from './options.ts';
import type { RuleChange } from './rule-options.ts';
import type { EscalationStep, Rule } from './rule.ts';

export interface RulesInForce {
  readonly rules: readonly { readonly rule: Rule; readonly isOff: boolean }[];
  readonly routes: Readonly<Record<AlertSeverity, readonly string[]>>;
  readonly escalation: readonly EscalationStep[];
}

/** throws  INVALID_OPTIONS for a name no channel has */
export function rulesInForce(
  { rules, routes, escalation }: ResolvedAlertsOptions,
  channels: readonly string[],
): RulesInForce {
  const check = (path: string, names: readonly string[] | undefined): void => {
    for (const name of names ?? [])
      if (!channels.includes(name))
        throw invalidOptions(
          `runtime.alerts.${path}`,
          `names of channels (${channels.join(', ') || 'there is none'})`,
          name,
        );
  };
  for (const [severity, names] of Object.entries(routes)) check(`routes.${severity}`, names);
  for (const { channels: names } of escalation) check('escalation', names);
  return {
    rules: DEFAULT_RULES.map((rule) => {
      const change = rules[rule.name as DefaultRuleName];
      if (change === undefined || change === false) return { rule, isOff: change === false };
      check(`rules.${rule.name}.channels`, change.channels);
      for (const step of change.escalation ?? []) check(`rules.${rule.name}.escalation`, step.channels);
      return { rule: changed(rule, change), isOff: false };
    }),
    routes: { critical: routes.critical ?? channels, warning: routes.warning ?? channels, info: routes.info ?? [] },
    escalation: inOrder(escalation),
  };
}

function changed(rule: Rule, change: RuleChange): Rule {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  return { ...rule, ...given, ...(change.escalation !== undefined && { escalation: inOrder(change.escalation) }) };
}

function inOrder(steps: readonly EscalationStep[]): readonly EscalationStep[] {
  return steps.toSorted((a, b) => a.afterMs - b.afterMs);
}
