/** What goes to a thread and comes back: `real-thread.ts` on one side, `thread-worker.ts` on the other. */
export interface ThreadRequest {
  readonly id: number;
  readonly request: unknown;
}
export type ThreadReply =
  | { readonly id: number; readonly threw: false; readonly value: unknown }
  | { readonly id: number; readonly threw: true; readonly error: unknown };
