/** The error of a call beyond the rate limit. */
import { describe } from '../../core/describe.ts';
import { HoldfastError } from '../../core/errors.ts';
import { withoutStack } from '../../core/without-stack.ts';

const make = (name: string, tenant: string | undefined, retryAfterMs: number): HoldfastError => {
  const whose = tenant === undefined ? '' : ` of tenant ${describe(tenant)}`;
  const message = `"${name}": the rate limit${whose} is reached: the call was not made, try again in ${retryAfterMs} ms`;
  return new HoldfastError('RATE_LIMITED', message, { component: name, retryAfterMs });
};

/** A new rejection, without a stack. */
export function rateLimited(name: string, tenant: string | undefined, retryAfterMs: number): Error {
  return withoutStack(make, name, tenant, retryAfterMs);
}
