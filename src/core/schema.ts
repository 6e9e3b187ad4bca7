/**
 * The door to zod, and the words options are described in.
 *
 * Each leaf carries, as its error, the phrase that completes "expected …"; so a bad option reads the same everywhere:
 * its path, what was expected, what came. Schemas are parsed once, at construction; the result is frozen.
 */
import { z } from 'zod';
import { InvalidOptionsError, invalidOptions } from './errors.ts';
import { describe } from './describe.ts';

export { z };

/** The longest delay a Node timer takes; beyond it would fire after 1 ms. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** A duration a timer can wait. `min` is 1 where zero would make no sense. */
export function milliseconds(min = 0, max = MAX_TIMER_MS): z.ZodNumber {
  const error = `milliseconds, a number from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
}

export function integer(min: number, max: number): z.ZodNumber {
  const error = `a whole number from ${min} to ${max}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}

/** Any number in between, ends included. */
export function between(min: number, max: number, error = `a number from ${min} to ${max}`): z.ZodNumber {
  return z.number({ error }).min(min, { error }).max(max, { error });
}

/** A share of calls, above 0 and at most 1. */
export function share(): z.ZodNumber {
  const error = 'a ratio above 0 and at most 1';
  return z.number({ error }).gt(0, { error }).max(1, { error });
}

export function flag(): z.ZodBoolean {
  return z.boolean({ error: 'true or false' });
}

/** A function of the application. `shape` is how it is called, e.g. `(error) => Vote`. */
export function callback<T extends (...args: never[]) => unknown>(shape: string): z.ZodCustom<T, T> {
  return z.custom<T>((value) => typeof value === 'function', `a function ${shape}`);
}

/** Objects that passed through a schema as they are: the application's own, not ours to freeze. */
const THEIRS = new WeakSet<object>();

/**
 * An object of the application that is passed on as it is, never copied and never frozen.
 *
 * in  lack   what the object falls short of, as it completes "expected …"; undefined for one that will do
 */
export function theirs<T extends object>(lack: (value: unknown) => string | undefined): z.ZodCustom<T, T> {
  const isAccepted = (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null || lack(value) !== undefined) return false;
    THEIRS.add(value);
    return true;
  };
  return z.custom<T>(isAccepted, { error: ({ input }) => lack(input) });
}

/** A name given by the application: any characters, 1…256 of them. */
export function name(): z.ZodString {
  const error = 'a name of 1 to 256 characters';
  return z.string({ error }).min(1, { error }).max(256, { error });
}

/** An object of values by names of the application's. One called "__proto__" is refused: zod leaves it out, and says nothing. */
export function valuesByName<K extends z.ZodString, V extends z.ZodType>(key: K, value: V, error: string) {
  const isAccepted = (given: unknown): boolean =>
    typeof given !== 'object' || given === null || !Object.hasOwn(given, '__proto__');
  return z
    .custom<z.input<z.ZodRecord<K, V>>>(isAccepted, {
      error: `${error}, none of them by the name "__proto__"`,
    })
    .pipe(z.record(key, value, { error }));
}

/** A group of options; a key it does not have is an error, with a guess at what was meant. */
export function group<T extends z.ZodRawShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `no key ${describe(issue.keys[0])}${guess(issue.keys[0]!, Object.keys(shape))}`
        : 'an object of options',
  });
}

/** A thing of the application that has at least these: it may be of a class, and have whatever else it needs. */
export function having<T extends z.ZodRawShape>(shape: T): z.ZodObject<T> {
  return z.object(shape, { error: `an object with ${Object.keys(shape).join(', ')}` });
}

/**
 * Parse and freeze options, or say what is wrong with them.
 *
 * throws  INVALID_OPTIONS naming the path below `path`, what was expected and what came; also when a getter threw
 */
export function parseOptions<S extends z.ZodType>(schema: S, given: unknown, path: string): z.output<S> {
  let result;
  try {
    result = schema.safeParse(given);
  } catch (cause) {
    throw invalidOptions(path, 'options that can be read', cause);
  }
  if (result.success) return freeze(result.data);
  throw explain(result.error.issues, given, path);
}

type Issue = z.core.$ZodIssue;

function explain(issues: readonly Issue[], given: unknown, path: string): InvalidOptionsError {
  const issue = telling(issues);
  const where = [path, ...issue.path.map(String)].join('.');
  if (issue.code === 'unrecognized_keys') return new InvalidOptionsError(where, `${where}: has ${issue.message}`);
  return invalidOptions(where, issue.message, valueAt(given, issue.path));
}

/** The issue that says most: a misspelt key before the one that is missing for it, and of a union the group meant. */
function telling(issues: readonly Issue[]): Issue {
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
  if (issue.code !== 'invalid_union') return issue;
  const groups = issue.errors.filter((inner) => inner.some(isWithinGroup));
  if (groups.length !== 1) return issue;
  const inner = telling(groups[0]!);
  return { ...inner, path: [...issue.path, ...inner.path] };
}

/** True when the value was an object, as the branch wanted, and what is wrong is inside of it. */
function isWithinGroup({ code, path }: Issue): boolean {
  return path.length > 0 || code === 'unrecognized_keys';
}

/** Reads the options a second time: a getter that throws only now is what came. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  try {
    return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], value);
  } catch (thrown) {
    return thrown;
  }
}

/** What the schema made: the groups. Objects of the application in them stay as they are. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || THEIRS.has(value)) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}

/** shape  guess('failurRate', ['failureRate', 'window']) → '; did you mean "failureRate"?' */
function guess(key: string, known: readonly string[]): string {
  if (key.length > 64) return '';
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, candidate.length / 3))
    .toSorted((a, b) => a.distance - b.distance);
  return nearest ? `; did you mean "${nearest.candidate}"?` : `; the keys are ${known.join(', ')}`;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}
