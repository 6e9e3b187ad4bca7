/** Where a client's connection stands. */
export type FeedStatus =
  /** `attempt` is 1 for the first since the state was last live. */
  | { readonly phase: 'connecting'; readonly attempt: number }
  | { readonly phase: 'live'; readonly epoch: string }
  /** The connection is lost, or was refused: browsers do not tell which. */
  | { readonly phase: 'waiting'; readonly attempt: number; readonly delayMs: number; readonly reason: string }
  | { readonly phase: 'closed'; readonly reason: string };
