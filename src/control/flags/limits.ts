/** How much may be done at each level: numbers of the application's own, decided when the level changes. */
import { describe } from '../../core/describe.ts';
import { HoldfastError, invalidOptions } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import { type ByLevel, byLevel, type GivenByLevel } from '../../core/levels.ts';
import { nullRecord } from '../../core/null-record.ts';
import { optionDifferences } from '../../core/option-differences.ts';
import type { Level, LimitReading, Section } from '../../core/readings.ts';
import { between, parseOptions } from '../../core/schema.ts';
import { limitName } from './options.ts';

const MAX_LIMITS = 1_024;

const limitValues = byLevel(between(0, Number.MAX_SAFE_INTEGER));

interface Limit {
  readonly byLevel: ByLevel<number>;
  value: number;
}

export class Limits {
  readonly #events: EventSink;
  readonly #level: () => Level;
  readonly #limits = new Map<string, Limit>();

  constructor(events: EventSink, level: () => Level) {
    this.#events = events;
    this.#level = level;
  }

  /**
   * Make a limit, or read it: without values, one look into a map.
   *
   * throws  INVALID_OPTIONS, also for other values than it was made with, and for a name nobody made
   *         · CAPACITY_EXHAUSTED beyond 1,024
   */
  value(given: string, values: GivenByLevel<number> | undefined): number {
    const known = this.#limits.get(given);
    if (known !== undefined && values === undefined) return known.value;
    const name = parseOptions(limitName, given, 'limit name');
    const path = `limit ${JSON.stringify(name)}`;
    if (values === undefined) throw invalidOptions('limit name', 'one that was made with values for its levels', name);
    const every = parseOptions(limitValues, values, path);
    if (known === undefined) return this.#make(name, path, every);
    for (const { path: below, known: was, given: is } of optionDifferences(known.byLevel, every))
      throw invalidOptions(`${path}${below}`, `${describe(was)} as it was made with`, is);
    return known.value;
  }

  /** Follow the level, all of them before anybody is told of one. */
  follow(level: Level, reason: string): void {
    const changes: { readonly limit: string; readonly from: number; readonly to: number; readonly reason: string }[] =
      [];
    for (const [name, limit] of this.#limits) {
      const [from, to] = [limit.value, limit.byLevel[level]];
      limit.value = to;
      if (from !== to) changes.push({ limit: name, from, to, reason: `the level is ${level}: ${reason}` });
    }
    for (const change of changes) this.#events.emit('limit.changed', change);
  }

  reading(): Section<LimitReading> {
    const section = nullRecord<LimitReading>();
    for (const [name, { value, byLevel: values }] of this.#limits) section[name] = { value, byLevel: values };
    return section;
  }

  #make(name: string, path: string, values: ByLevel<number>): number {
    if (this.#limits.size === MAX_LIMITS) {
      const message = `${path}: expected at most ${MAX_LIMITS} limits, received one more`;
      throw new HoldfastError('CAPACITY_EXHAUSTED', message, { component: path });
    }
    const value = values[this.#level()];
    this.#limits.set(name, { byLevel: values, value });
    return value;
  }
}
