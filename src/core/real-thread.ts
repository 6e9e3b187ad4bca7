/**
 * One worker thread with a port for requests. Loaded by the real Env on first use.
 *
 * Idle it keeps nothing alive; while a request is under way the process waits for its answer.
 */
import { Worker } from 'node:worker_threads';
import type { Thread, ThreadOptions } from './env.ts';
import { threadHeap } from './thread-heap.ts';
import { threadGone } from './thread-loss.ts';
import type { ThreadReply } from './thread-message.ts';

const WORKER = new URL(import.meta.url.endsWith('.ts') ? './thread-worker.ts' : './thread-worker.js', import.meta.url);

const MAX_HEAP_MB = 128;

export function openThread(options: ThreadOptions): Thread {
  return new RealThread(options);
}

class RealThread implements Thread {
  readonly #options: ThreadOptions;
  readonly #worker: Worker;
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;
  #killed: Promise<void> | undefined;
  #end: { readonly cause: unknown } | undefined;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#worker = new Worker(WORKER, {
      argv: [options.entry.href],
      workerData: options.shared,
      resourceLimits: threadHeap(MAX_HEAP_MB),
    });
    this.#worker.unref();
    this.#worker.on('message', (reply: ThreadReply) => this.#answered(reply));
    // An error is followed by an exit; the first of them tells.
    this.#worker.once('error', (cause) => this.#lost(cause));
    this.#worker.once('exit', (code) => this.#lost(new Error(`the thread exited with code ${code}`)));
  }

  ask(request: unknown): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(threadGone(this.#end.cause));
    const id = ++this.#lastId;
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      this.#worker.postMessage({ id, request });
    } catch (error) {
      return Promise.reject(error); // it cannot be cloned, and never left this thread
    }
    const answer = Promise.withResolvers<unknown>();
    this.#asked.set(id, answer);
    this.#worker.ref();
    return answer.promise;
  }

  kill(): Promise<void> {
    this.#over(new Error('the thread was killed'));
    return (this.#killed ??= this.#terminate());
  }

  async #terminate(): Promise<void> {
    const ended = this.#worker.terminate();
    this.#worker.unref(); // terminate() has ref'd it
    await ended;
  }

  #answered(reply: ThreadReply): void {
    const answer = this.#asked.get(reply.id);
    this.#asked.delete(reply.id);
    if (this.#asked.size === 0) this.#worker.unref();
    if (reply.threw) answer?.reject(reply.error);
    else answer?.resolve(reply.value);
  }

  #lost(cause: unknown): void {
    if (this.#end !== undefined) return;
    this.#over(cause);
    this.#options.onLost(cause);
  }

  #over(cause: unknown): void {
    this.#end ??= { cause };
    for (const answer of this.#asked.values()) answer.reject(threadGone(cause));
    this.#asked.clear();
    this.#worker.unref();
  }
}
