/** What the feed did, over all lives of its server. Nothing it refuses or drops goes uncounted. */
export interface FeedCounts {
  /** Frames handed to sockets, over all clients. */
  frames: number;
  /** Clients that lagged, were skipped, and got a fresh snapshot. */
  resyncs: number;
  /** Clients closed because they neither drained nor answered pings. */
  evicted: number;
  /** Clients closed for what they sent: any message, too much, too broken. */
  violations: number;
  /** Requests and upgrades refused with a status of 400 or more. */
  refused: number;
  /** Admitted clients turned away with 1013 because the feed was full. */
  turnedAway: number;
  /** Connections dropped unread because there were too many. */
  dropped: number;
}

export function zeroCounts(): FeedCounts {
  return { frames: 0, resyncs: 0, evicted: 0, violations: 0, refused: 0, turnedAway: 0, dropped: 0 };
}
