/**
 * A channel's other side did not take a notice. Its message is shown to whoever looks, so it says what came back and
 * never where to, or with which key.
 */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  /** The same notice would be refused again. */
  readonly isFinal: boolean;
  /** How long the other side asked us to wait; undefined when it said nothing. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    { isFinal = false, retryAfterMs }: { isFinal?: boolean; retryAfterMs?: number | undefined } = {},
  ) {
    super(message);
    this.isFinal = isFinal;
    this.retryAfterMs = retryAfterMs;
  }
}
