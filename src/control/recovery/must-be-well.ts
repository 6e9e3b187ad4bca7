/**
 * What a probe of the application's answered, where it did not throw.
 *
 * Most probes answer what they happened to have: rows, a pong, nothing. So whatever does not say no is a yes; what says
 * no is what a health check may answer, an error, and a response that is none.
 */
import { describe } from '../../core/describe.ts';

const FIRST_BAD_STATUS = 400;

/** throws  where it says that something is not well */
export function mustBeWell(answer: unknown): void {
  if (saysNo(answer)) throw new Error(`expected the service to be well, received ${describe(answer)}`);
}

/** shape  false, 'degraded', { answer: 'unhealthy' }, new Error(), { ok: false }, { status: 503 }, { statusCode: 500 } → true */
function saysNo(answer: unknown): boolean {
  if (answer === false || answer === 'degraded' || answer === 'unhealthy') return true;
  if (typeof answer !== 'object' || answer === null) return false;
  if (answer instanceof Error) return true;
  const { answer: finding, ok, status, statusCode } = answer as Readonly<Record<string, unknown>>;
  return ok === false || isBad(status) || isBad(statusCode) || saysNo(finding);
}

function isBad(status: unknown): boolean {
  return typeof status === 'number' && status >= FIRST_BAD_STATUS;
}
