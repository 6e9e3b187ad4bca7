/** What an `Env` of the application lacks, member by member: asked when a runtime is made, not when it is needed. */
import type { Env, Files } from './env.ts';

/** As records, so that a member forgotten here does not compile. */
const FUNCTIONS: Readonly<Record<Exclude<keyof Env, 'files'>, true>> = {
  now: true,
  wall: true,
  random: true,
  setTimer: true,
  clearTimer: true,
  defer: true,
  pool: true,
  database: true,
  listen: true,
  connect: true,
  fetch: true,
  vitals: true,
};
const FILE_FUNCTIONS: Readonly<Record<keyof Files, true>> = {
  readText: true,
  writeText: true,
  remove: true,
  freeShare: true,
};

/** shape  ({ now, wall }) → 'an Env with random()';   (5) → 'an Env';   (realEnv()) → undefined */
export function lackOfEnv(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'an Env';
  const missing = missingOf(value, FUNCTIONS) ?? missingOf((value as Partial<Env>).files, FILE_FUNCTIONS, 'files.');
  return missing === undefined ? undefined : `an Env with ${missing}()`;
}

function missingOf(value: unknown, functions: Readonly<Record<string, true>>, prefix = ''): string | undefined {
  const members = (value ?? {}) as Readonly<Record<string, unknown>>;
  const missing = Object.keys(functions).find((name) => typeof members[name] !== 'function');
  return missing === undefined ? undefined : prefix + missing;
}
