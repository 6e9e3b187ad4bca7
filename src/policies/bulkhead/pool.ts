/**
 * Resources that are lent to functions, one at a time, and kept: connections, sessions, buffers.
 *
 * Idle and lent together are never more than size + overflow. The most recently used is lent first, so that those not
 * needed grow old and go. A resource is given back through its lease, whose second use does nothing: once, on every exit.
 */
import type { Env, Timer } from '../../core/env.ts';
import { HoldfastError } from '../../core/errors.ts';
import { Lease } from './lease.ts';
import type { ResolvedPoolOptions } from './options.ts';

export interface PoolParts {
  /** The pipeline's, for its errors. */
  readonly name: string;
  readonly env: Pick<Env, 'now' | 'setTimer' | 'clearTimer'>;
  /** Hears of a function of the application that threw, or gave nothing to go by. Must not throw. */
  readonly onCallbackFailed: (option: 'destroy' | 'validate', error: unknown) => void;
}

export interface PoolReading {
  readonly idle: number;
  /** Lent, or being made or validated for who asked. */
  readonly lent: number;
}

interface Idle {
  readonly resource: unknown;
  readonly sinceMs: number;
}

export class ResourcePool {
  readonly #options: ResolvedPoolOptions;
  readonly #parts: PoolParts;
  readonly #size: number;
  /** The longest idle first. */
  readonly #idle: Idle[] = [];
  #lent = 0;
  #timer: Timer | undefined;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  /** in  size  how many are kept */
  constructor(options: ResolvedPoolOptions, size: number, parts: PoolParts) {
    this.#options = options;
    this.#parts = parts;
    this.#size = size;
  }

  /**
   * Borrow a resource: an idle one that is valid, or one that is made.
   *
   * out     a lease, to be ended exactly once; also when its borrower has left meanwhile
   * throws  what `create` threw · BULKHEAD_FULL when all that may exist are lent · STOPPED after `close`
   */
  async acquire(): Promise<Lease> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      this.#lent++;
      if (await this.#isValid(idle.resource)) return this.#lend(idle.resource);
      this.#discard(idle.resource);
    }
    if (this.#isClosed) throw this.#stopped();
    if (this.#lent >= this.#size + this.#options.overflow) throw this.#allLent();
    this.#lent++;
    let resource: unknown;
    try {
      resource = await this.#options.create();
    } catch (error) {
      this.#lent--;
      throw error;
    }
    return this.#lend(resource);
  }

  reading(): PoolReading {
    return { idle: this.#idle.length, lent: this.#lent };
  }

  /** Destroy what is idle now, and what is lent when it comes back. Resolves when the idle ones are gone. Idempotent. */
  close(): Promise<void> {
    this.#isClosed = true; // before `destroy` runs, which may give back what it holds
    return (this.#closing ??= this.#empty());
  }

  async #empty(): Promise<void> {
    if (this.#timer !== undefined) this.#parts.env.clearTimer(this.#timer);
    await Promise.all(this.#idle.splice(0).map(({ resource }) => this.#destroy(resource)));
  }

  #lend(resource: unknown): Lease {
    if (!this.#isClosed) return new Lease(resource, this.#takeBack, this.#discard);
    this.#discard(resource); // the pool closed while it was made or validated
    throw this.#stopped();
  }

  readonly #takeBack = (resource: unknown): void => {
    const exist = this.#idle.length + this.#lent;
    if (this.#isClosed || exist > this.#size) return this.#discard(resource);
    this.#lent--;
    this.#idle.push({ resource, sinceMs: this.#parts.env.now() });
    if (this.#timer === undefined) this.#arm(this.#options.idleMs);
  };

  readonly #discard = (resource: unknown): void => {
    this.#lent--;
    void this.#destroy(resource);
  };

  /** Nobody waits for this timer. */
  #arm(ms: number): void {
    this.#timer = this.#parts.env.setTimer(this.#expire, ms, false);
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    const { idleMs } = this.#options;
    const nowMs = this.#parts.env.now();
    const kept = this.#idle.findIndex(({ sinceMs }) => sinceMs + idleMs > nowMs); // as the timer was set: no rounding
    const expired = this.#idle.splice(0, kept === -1 ? this.#idle.length : kept);
    const [oldest] = this.#idle;
    if (oldest !== undefined) this.#arm(oldest.sinceMs + idleMs - nowMs);
    for (const { resource } of expired) void this.#destroy(resource);
  };

  async #isValid(resource: unknown): Promise<boolean> {
    const { validate } = this.#options;
    if (validate === undefined) return true;
    try {
      const answer: unknown = await validate(resource as never);
      if (typeof answer === 'boolean') return answer;
      this.#parts.onCallbackFailed('validate', new TypeError('validate: expected true or false'));
    } catch (error) {
      this.#parts.onCallbackFailed('validate', error);
    }
    return false;
  }

  /** Never rejects. */
  async #destroy(resource: unknown): Promise<void> {
    try {
      await this.#options.destroy?.(resource as never);
    } catch (error) {
      this.#parts.onCallbackFailed('destroy', error);
    }
  }

  #stopped(): HoldfastError {
    const message = `"${this.#parts.name}": expected a pool that lends, received one that was closed`;
    return new HoldfastError('STOPPED', message, { component: this.#parts.name });
  }

  #allLent(): HoldfastError {
    const message = `"${this.#parts.name}": expected a resource of its pool, received none: all ${this.#lent} are lent`;
    return new HoldfastError('BULKHEAD_FULL', message, { component: this.#parts.name });
  }
}
