/**
 * The state as its watchers know it, and the frames that bring them there.
 *
 * Keeps the JSON of every entry it last saw, so that a change is a string comparison and a frame is made of strings
 * that exist already. Knows no socket and no clock; the broadcast asks it.
 *
 * shape  {"v":1,"type":"snapshot","epoch":"k3","seq":7,"atMs":1200,"state":[["breakers","db",{…}],…]}
 *        {"v":1,"type":"delta","epoch":"k3","seq":8,"atMs":1450,"set":[["breakers","db",{…}]],"unset":[["usage","acme"]]}
 */
import type { Readings } from '../../index.ts';

export class Journal {
  readonly #epoch: string;
  /** Section → key → the entry's JSON. Maps, because a key may be `__proto__`. */
  readonly #state = new Map<string, Map<string, string>>();
  #seq = 0;
  #atMs = 0;
  /** The snapshot at `#seq`, made once however many ask. */
  #snapshot: Buffer | null = null;

  /** in  epoch  names this run of numbers; a client that sees another starts over */
  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  /**
   * Take new readings in.
   *
   * out     the delta from the last readings to these, with the next number; null when nothing changed
   */
  advance(readings: Readings, atMs: number): Buffer | null {
    const set: string[] = [];
    const unset: string[] = [];
    for (const section of Object.keys(readings) as (keyof Readings)[])
      this.#compare(section, readings[section], set, unset);
    if (set.length === 0 && unset.length === 0) return null;

    this.#seq++;
    this.#atMs = atMs;
    this.#snapshot = null;
    return Buffer.from(`{${this.#head('delta')},"set":[${set.join()}],"unset":[${unset.join()}]}`);
  }

  /** Everything at the current number: the deltas that follow begin with the next. */
  snapshot(): Buffer {
    if (this.#snapshot === null) {
      const state: string[] = [];
      for (const [section, entries] of this.#state)
        for (const [key, json] of entries) state.push(triple(section, key, json));
      this.#snapshot = Buffer.from(`{${this.#head('snapshot')},"state":[${state.join()}]}`);
    }
    return this.#snapshot;
  }

  #compare(section: string, entries: Readonly<Record<string, unknown>>, set: string[], unset: string[]): void {
    let known = this.#state.get(section);
    if (known === undefined) this.#state.set(section, (known = new Map<string, string>()));
    const keys = Object.keys(entries);
    for (const key of keys) {
      const json = JSON.stringify(entries[key]);
      if (known.get(key) === json) continue;
      known.set(key, json);
      set.push(triple(section, key, json));
    }
    if (known.size === keys.length) return; // it holds every key that is there, so none can be gone
    for (const key of known.keys()) {
      if (Object.hasOwn(entries, key)) continue;
      known.delete(key);
      unset.push(`[${JSON.stringify(section)},${JSON.stringify(key)}]`);
    }
  }

  #head(type: 'snapshot' | 'delta'): string {
    return `"v":1,"type":"${type}","epoch":${JSON.stringify(this.#epoch)},"seq":${this.#seq},"atMs":${this.#atMs}`;
  }
}

function triple(section: string, key: string, json: string): string {
  return `[${JSON.stringify(section)},${JSON.stringify(key)},${json}]`;
}
