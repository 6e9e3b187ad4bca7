/** Metadata as a line of JSON: flat, and never longer than a kibibyte, whatever it is given. Total: never throws. */

const MAX_BYTES = 1_024;
/** Looked at; those beyond are cut. */
const MAX_KEYS = 64;

export interface FlatMetadata {
  /** An object of strings, finite numbers, booleans and nulls; '{}' when nothing could be kept. */
  readonly json: string;
  /** True when something was left out: what is nested or no JSON, and whatever found no room. */
  readonly isCut: boolean;
}

/** shape  flatMetadata({ model: 'm', nested: {} }) → { json: '{"model":"m"}', isCut: true } */
export function flatMetadata(metadata: unknown): FlatMetadata {
  const entries: string[] = [];
  let isCut = false;
  try {
    if (typeof metadata !== 'object' || metadata === null) return { json: '{}', isCut: true };
    const keys = Object.keys(metadata);
    isCut = keys.length > MAX_KEYS;
    let bytes = 2; // the braces
    for (const key of keys.slice(0, MAX_KEYS)) {
      const value = (metadata as Readonly<Record<string, unknown>>)[key];
      if (value === undefined) continue; // as in all JSON, not there
      const entry = entryOf(key, value);
      const size = entry === undefined ? Infinity : Buffer.byteLength(entry) + (entries.length === 0 ? 0 : 1);
      if (entry === undefined || bytes + size > MAX_BYTES) isCut = true;
      else {
        entries.push(entry);
        bytes += size;
      }
    }
  } catch {
    isCut = true; // a getter that throws, a revoked proxy
  }
  return { json: `{${entries.join(',')}}`, isCut };
}

/** out  undefined for what is no flat JSON, or too long to be looked at */
function entryOf(key: string, value: unknown): string | undefined {
  if (key.length > MAX_BYTES || !isFlat(value)) return undefined;
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function isFlat(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MAX_BYTES;
  return typeof value === 'boolean' || value === null || (typeof value === 'number' && Number.isFinite(value));
}
