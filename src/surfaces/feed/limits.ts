/**
 * Every bound of the feed, in one table. Node's and ws's own defaults are for public web servers and are far wider
 * (headers 60 s, frames 100 MiB, 30 s to close); see `test/surfaces/feed/attacks.test.ts` for each of them at work.
 */
export interface FeedLimits {
  /** A socket must have sent its whole head, token included, this long after it connected. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often Node looks for sockets past the two above. */
  readonly checkMs: number;
  readonly keepAliveMs: number;
  /** A peer has this long to answer a close, then its socket is destroyed. */
  readonly closeMs: number;
  readonly maxHeaderBytes: number;
  readonly maxRequestsPerSocket: number;
  /** Sockets beyond `maxClients`: page files, and upgrades that end in 1013. */
  readonly spareSockets: number;
  /** Clients from one address that is not loopback; on loopback everyone has the same. */
  readonly clientsPerAddress: number;
  readonly maxPayloadBytes: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  /** A client with more than this unsent gets no deltas until it has drained, then a snapshot. */
  readonly maxUnsentBytes: number;
  /** … and is closed when it has not drained by then. */
  readonly stuckMs: number;
  readonly beatMs: number;
  /** Pings in a row without an answer. */
  readonly missedBeats: number;
  /** Pings and pongs a client may send between two beats. */
  readonly controlFramesPerBeat: number;
  /** Wrong tokens from one address in a window; then all its tokens are refused until the window ends. */
  readonly guesses: number;
  readonly guessWindowMs: number;
  /** Addresses whose guesses are remembered; beyond, the oldest is forgotten. */
  readonly guessAddresses: number;
}

export const FEED_LIMITS: FeedLimits = Object.freeze({
  headersMs: 5_000,
  requestMs: 10_000,
  checkMs: 1_000,
  keepAliveMs: 5_000,
  closeMs: 1_000,
  maxHeaderBytes: 8_192,
  maxRequestsPerSocket: 100,
  spareSockets: 32,
  clientsPerAddress: 16,
  maxPayloadBytes: 65_536,
  maxFragments: 64,
  maxBufferedChunks: 1_024,
  maxUnsentBytes: 1_048_576,
  stuckMs: 30_000,
  beatMs: 15_000,
  missedBeats: 2,
  controlFramesPerBeat: 32,
  guesses: 10,
  guessWindowMs: 60_000,
  guessAddresses: 1_024,
});
