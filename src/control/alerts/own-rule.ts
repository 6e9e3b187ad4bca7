/** A rule of the application's own, as a rule like ours: whatever its function does, the others are not hurt. */
import { describe } from '../../core/describe.ts';
import { disown } from '../../core/disown.ts';
import { invalidOptions } from '../../core/errors.ts';
import { frozen } from './frozen-sample.ts';
import type { Found, FoundAt, ResolvedAlertRule } from './rule-options.ts';
import type { Finding, Rule } from './rule.ts';

const MAX_FOUND = 64;
const LONGEST = 1_024;
const LONGEST_NAME = 256;
const EXPECTED = `true, false, a message, { component, message } or at most ${MAX_FOUND} of those`;

export function ownRule({ when, forMs = 0, calmMs = 0, escalation, ...rest }: ResolvedAlertRule): Rule {
  const { name } = rest;
  return {
    ...rest,
    forMs,
    calmMs,
    threshold: NaN,
    escalation: escalation?.toSorted((a, b) => a.afterMs - b.afterMs),
    find: (sample) => findingsOf(when(frozen(sample)), name),
  };
}

/** throws  INVALID_OPTIONS for an answer that is none */
function findingsOf(found: Found, rule: string): readonly Finding[] {
  if (found === undefined || found === false) return [];
  if (found === true) return [{ component: 'system', message: rule }];
  if (typeof found === 'string') return [{ component: 'system', message: found.slice(0, LONGEST) }];
  const all: readonly unknown[] = Array.isArray(found) ? found : [found];
  if (all.length <= MAX_FOUND && all.every(isFoundAt))
    return all.map(({ component = 'system', message }) => ({ component, message: message.slice(0, LONGEST) }));
  disown(found); // a promise is no answer, and its rejection nobody's
  throw invalidOptions(`alert rule ${describe(rule)} when`, EXPECTED, found);
}

function isFoundAt(value: unknown): value is FoundAt {
  if (typeof value !== 'object' || value === null) return false;
  const { component = 'system', message } = value as Partial<Record<keyof FoundAt, unknown>>;
  const isName = typeof component === 'string' && component.length > 0 && component.length <= LONGEST_NAME;
  return isName && typeof message === 'string';
}
