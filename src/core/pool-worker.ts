/**
 * What a pool's thread runs first: the entry named by its argument, each task in a try.
 *
 * A task that throws is answered, not rejected, so that `real-pool.ts` can tell it from a thread that died.
 */
export type Reply =
  | { readonly threw: false; readonly value: unknown }
  | { readonly threw: true; readonly error: unknown };

interface Entry {
  readonly default: (task: unknown) => unknown;
}

// At the top level: an entry that cannot start kills the thread before it takes a task.
const { default: run } = (await import(process.argv[2] ?? '')) as Entry;

export default async function runTask(task: unknown): Promise<Reply> {
  try {
    return { threw: false, value: await run(task) };
  } catch (error) {
    return { threw: true, error };
  }
}
