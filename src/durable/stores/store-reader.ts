/** The store's second thread, for questions: a resource of the supervision tree, hung in with the first of them. */
import type { Env } from '../../core/env.ts';
import { Link } from './link.ts';
import type { StoreRequest, StoreShared } from './requests.ts';
import { StoreError, storeDown } from './store-error.ts';

export interface StoreReaderParts {
  readonly env: Env;
  readonly shared: Omit<StoreShared, 'role'>;
  /** A page makes no sense. Must not throw. */
  readonly onBroken: (error: StoreError) => void;
}

export class StoreReader {
  readonly #parts: StoreReaderParts;
  #link: Link | undefined;

  constructor(parts: StoreReaderParts) {
    this.#parts = parts;
  }

  async start(fail: (error: unknown) => void): Promise<Link> {
    const { env, shared } = this.#parts;
    const link = await Link.open(env, { ...shared, role: 'reader' }, (cause) => {
      void this.stop(link);
      fail(cause);
    });
    return (this.#link = link);
  }

  async stop(link: Link): Promise<void> {
    if (this.#link === link) this.#link = undefined;
    await link.kill();
  }

  /** throws  STORE_UNAVAILABLE · CAPACITY_EXHAUSTED for a question with too long an answer */
  async ask<T>(request: StoreRequest): Promise<T> {
    if (this.#link === undefined) throw storeDown();
    try {
      return await this.#link.ask<T>(request);
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'tooMuch') throw error;
      if (error instanceof StoreError && error.kind === 'corrupt') this.#parts.onBroken(error);
      throw storeDown();
    }
  }
}
