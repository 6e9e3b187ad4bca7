/**
 * What an earlier process told people of and did not live to tell them the end of: taken up where its rule is watched,
 * kept waiting for a while where the rule may still be added, and ended otherwise. Each of them exactly once.
 *
 * It holds no alert and watches no rule: `alerts.ts`, its only caller, does.
 */
import type { Env } from '../../core/env.ts';
import { Alert } from './alert.ts';
import type { KeptAlert, KeptAlerts } from './kept-alerts.ts';
import type { Rule } from './rule.ts';
import type { Telling } from './telling.ts';

/** How long after the beginning a rule may be added that finds again what its like had told. */
const CLAIM_MS = 60_000;

/** What becomes of one: it holds on, waits for its rule, or nobody looks at it any more. */
export type Adoption = 'goesOn' | 'waits' | 'ends';

export interface InheritanceParts {
  readonly env: Pick<Env, 'now'>;
  readonly kept: KeptAlerts;
  readonly telling: Telling;
  /** Take one up, where that can be. */
  readonly adopt: (kept: KeptAlert) => Adoption;
}

export class Inheritance {
  readonly #parts: InheritanceParts;
  #read: readonly KeptAlert[] = [];
  /** Of rules that are not there yet, by rule. */
  readonly #waiting = new Map<string, readonly KeptAlert[]>();
  #claimsUntilMs = Infinity;

  constructor(parts: InheritanceParts) {
    this.#parts = parts;
  }

  /** in  onFailed   told of each that cannot be read */
  async read(onFailed: (error: unknown) => void): Promise<void> {
    this.#read = await this.#parts.kept.read(onFailed);
  }

  /** Alerting begins: take up what was read, all that can be. */
  begin(): void {
    this.#claimsUntilMs = this.#parts.env.now() + CLAIM_MS;
    const read = this.#read;
    this.#read = [];
    for (const kept of read) this.#settle(kept);
  }

  /** An application adds its own rules when it has started: what one of them had found is taken up then. */
  claim(rule: string): void {
    const waiting = this.#waiting.get(rule) ?? [];
    this.#waiting.delete(rule);
    for (const kept of waiting) this.#settle(kept);
  }

  /** End what has waited for its rule for long enough. */
  expire(nowMs: number): void {
    if (nowMs >= this.#claimsUntilMs) for (const rule of Array.from(this.#waiting.keys())) this.claim(rule);
  }

  #settle(kept: KeptAlert): void {
    const adoption = this.#parts.adopt(kept);
    if (adoption === 'goesOn') return;
    const mayWait = adoption === 'waits' && this.#parts.env.now() < this.#claimsUntilMs;
    if (mayWait) this.#waiting.set(kept.rule, [...(this.#waiting.get(kept.rule) ?? []), kept]);
    else this.#end(kept);
  }

  /** Whoever was told that it began hears that it is over. */
  #end(kept: KeptAlert): void {
    const { id, rule: name, severity, component, message, told } = kept;
    const rule: Rule = { name, severity, threshold: NaN, forMs: 0, calmMs: 0 };
    const alert = new Alert(id, rule, { component, message }, this.#parts.env.now());
    for (const channel of told) alert.told.add(channel);
    this.#parts.telling.resolved(alert, () => this.#parts.kept.forget(kept));
  }
}
