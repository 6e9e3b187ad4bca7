/** Turns away what is beyond the limit. */
import type { Env } from '../../core/env.ts';
import type { RateLimiter } from '../rate-limit/limiter.ts';
import { rateLimited } from '../rate-limit/rejection.ts';
import type { Layer } from './layer.ts';
import { turnAway } from './turn-away.ts';

export function rateLimitLayer(limiter: RateLimiter, env: Env): Layer {
  return (inner) => (scope, done) => {
    const { tenant, pipeline } = scope;
    const waitMs = limiter.take(tenant, env.now());
    if (waitMs > 0) turnAway(scope, 'RATE_LIMITED', rateLimited(pipeline, tenant, waitMs), done);
    else inner(scope, done);
  };
}
