/**
 * Asks a quota whether a call may be made: one for all, or one for each tenant. Nobody waits here: who cannot be served
 * now hears at once when a try makes sense, and a retry around it does the waiting.
 *
 * Tenants are bounded. One is forgotten only when its quota is at rest, so nobody gets a fresh one by being forgotten;
 * where none is, tenants beyond the bound share one quota, and who leaves it takes its past along.
 */
import { MAX_TIMER_MS } from '../../core/schema.ts';
import { FixedWindow } from './fixed-window.ts';
import type { ResolvedRateLimitOptions } from './options.ts';
import type { Quota } from './quota.ts';
import { SlidingWindow } from './sliding-window.ts';
import { TokenBucket } from './token-bucket.ts';

/** Violations in a row double the wait that is answered, so many times at most: up to 64 times as long. */
const MAX_DOUBLINGS = 6;

export interface RateLimiterReading {
  readonly admitted: number;
  readonly rejected: number;
  /** Tenants that are counted apart now; 0 unless keyed. */
  readonly keys: number;
  /** Calls asked for by tenants beyond the bound. */
  readonly shared: number;
}

export class RateLimiter {
  readonly #options: ResolvedRateLimitOptions;
  /** The one for all; where keyed, that of the tenants beyond the bound. */
  readonly #common: Account;
  /** The least recently used first. */
  readonly #accounts = new Map<string | undefined, Account>();
  #admitted = 0;
  #rejected = 0;
  #shared = 0;

  constructor(options: ResolvedRateLimitOptions, nowMs: number) {
    this.#options = options;
    this.#common = new Account(quotaOf(options, nowMs));
  }

  /** Ask for one call. out  0 when it may be made;   else milliseconds after which another try makes sense */
  take(tenant: string | undefined, nowMs: number): number {
    const account = this.#options.keyed ? this.#accountOf(tenant, nowMs) : this.#common;
    const waitMs = account.quota.take(nowMs);
    if (waitMs === 0) {
      this.#admitted++;
      return 0;
    }
    this.#rejected++;
    return account.violated(waitMs, this.#options.perMs, nowMs);
  }

  reading(): RateLimiterReading {
    return {
      admitted: this.#admitted,
      rejected: this.#rejected,
      keys: this.#accounts.size,
      shared: this.#shared,
    };
  }

  #accountOf(tenant: string | undefined, nowMs: number): Account {
    const known = this.#accounts.get(tenant);
    if (known === undefined && !this.#hasRoom(nowMs)) {
      this.#shared++;
      return this.#common;
    }
    const account = known ?? new Account(this.#common.quota.copy()); // it may have used up some of what is shared
    this.#accounts.delete(tenant);
    this.#accounts.set(tenant, account);
    return account;
  }

  /** Only the least recently used is looked at: it is the likeliest to be at rest. */
  #hasRoom(nowMs: number): boolean {
    if (this.#accounts.size < this.#options.maxKeys) return true;
    const [oldest] = this.#accounts;
    return oldest !== undefined && oldest[1].isAtRest(nowMs, this.#options.perMs) && this.#accounts.delete(oldest[0]);
  }
}

/** A quota and how it was respected. */
class Account {
  readonly quota: Quota;
  #violations = 0;
  #violatedAtMs = -Infinity;

  constructor(quota: Quota) {
    this.quota = quota;
  }

  /**
   * out    how long to wait, longer with each violation in a row; a quiet `perMs` ends the row
   * shape  100 ms to wait, at once three times → 100, 200, 400
   */
  violated(waitMs: number, perMs: number, nowMs: number): number {
    if (this.#isQuiet(nowMs, perMs)) this.#violations = 0;
    const doublings = Math.min(this.#violations++, MAX_DOUBLINGS);
    this.#violatedAtMs = nowMs;
    return Math.min(waitMs * 2 ** doublings, MAX_TIMER_MS);
  }

  isAtRest(nowMs: number, perMs: number): boolean {
    return this.#isQuiet(nowMs, perMs) && this.quota.isAtRest(nowMs);
  }

  #isQuiet(nowMs: number, perMs: number): boolean {
    return nowMs - this.#violatedAtMs >= perMs;
  }
}

function quotaOf({ algorithm, limit, perMs, burst = limit }: ResolvedRateLimitOptions, nowMs: number): Quota {
  switch (algorithm) {
    case 'tokenBucket':
      return new TokenBucket(limit, perMs, burst, nowMs);
    case 'slidingWindow':
      return new SlidingWindow(limit, perMs, nowMs);
    case 'fixedWindow':
      return new FixedWindow(limit, perMs, nowMs);
  }
}
