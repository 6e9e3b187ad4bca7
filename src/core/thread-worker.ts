/**
 * What a thread of its own runs first: the entry named by its argument, then request after request, in order.
 *
 * A core that throws is answered, so that `real-thread.ts` can tell it from a thread that died.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { describe } from './describe.ts';
import type { ThreadCore } from './env.ts';
import { realEnv } from './real-env.ts';
import type { ThreadReply, ThreadRequest } from './thread-message.ts';

// At the top level: an entry that cannot start kills the thread, and with it what was asked.
const { default: core } = (await import(process.argv[2] ?? '')) as { readonly default: ThreadCore };
const answer = core(workerData as never, realEnv()) as (request: unknown) => unknown;

let last: Promise<void> = Promise.resolve();
parentPort!.on('message', ({ id, request }: ThreadRequest) => {
  last = last.then(async () => send(await reply(id, request)));
});

async function reply(id: number, request: unknown): Promise<ThreadReply> {
  try {
    return { id, threw: false, value: await answer(request) };
  } catch (error) {
    return { id, threw: true, error };
  }
}

function send(made: ThreadReply): void {
  try {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort!.postMessage(made);
  } catch (error) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort!.postMessage({ id: made.id, threw: true, error: new Error(describe(error)) } satisfies ThreadReply);
  }
}
