/** What each tenant has used since the runtime began: the committed lines, added up by tenant. */
import { nullRecord } from '../../core/null-record.ts';
import type { Section, UsageReading } from '../../core/readings.ts';
import type { UsageLine } from '../../hotpath/usage-line.ts';
import { addUnder, type LineSum } from './line-sum.ts';

export class TenantUsage {
  /** Bounded: the ring knows only so many tenants. */
  readonly #tenants = new Map<string, LineSum>();

  add(lines: readonly UsageLine[]): void {
    for (const line of lines) addUnder(this.#tenants, line.group.tenant, line);
  }

  reading(): Section<UsageReading> {
    const section = nullRecord<UsageReading>();
    for (const [tenant, line] of this.#tenants) section[tenant] = readingOf(line);
    return section;
  }
}

function readingOf(line: UsageLine): UsageReading {
  return {
    count: line.count,
    tokens: line.tokens,
    latencyMeanMs: line.latencyCount === 0 ? null : line.latencySumMs / line.latencyCount,
    latencyMaxMs: line.latencyCount === 0 ? null : line.latencyMaxMs,
    scoreMean: line.scoreCount === 0 ? null : line.scoreSum / line.scoreCount,
  };
}
