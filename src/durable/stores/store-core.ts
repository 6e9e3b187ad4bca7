/** What a thread of the store runs: its role's core, with each failure as an answer. */
import type { Env, ThreadCore } from '../../core/env.ts';
import { failureOf } from './failure.ts';
import { ReaderCore } from './reader-core.ts';
import type { StoreAnswer, StoreRequest, StoreShared } from './requests.ts';
import { WriterCore } from './writer-core.ts';

export const storeCore: ThreadCore = (shared: StoreShared, env: Env) => {
  const core = shared.role === 'writer' ? new WriterCore(shared, env) : new ReaderCore(shared, env);
  return async (request: StoreRequest): Promise<StoreAnswer<unknown>> => {
    try {
      return { isOk: true, value: await core.answer(request) };
    } catch (error) {
      return { isOk: false, failure: failureOf(error) };
    }
  };
};

const FILE = import.meta.url.endsWith('.ts') ? './store-worker.ts' : './store-worker.js';

/** The module the threads run. */
export const storeEntry = new URL(FILE, import.meta.url);
