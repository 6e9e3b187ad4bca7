/**
 * Where a part of the bridge keeps what must outlive the process: a level, a flag, a recovery under way, an alert
 * people were told of, what they want to hear nothing of, a state to come back to, how available a component was.
 *
 * Keeping never blocks and never throws; what cannot be written is counted by whoever keeps. Without a store nothing
 * is kept, and nothing is found.
 */
export type KeptKind = 'degradation' | 'flag' | 'recovery' | 'alert' | 'silence' | 'checkpoint' | 'uptime';

export interface Keep {
  /** in  value   JSON-safe;   null forgets */
  put(kind: KeptKind, id: string, value: object | null): void;
  /** What an earlier process kept, by id; nothing until the file could be used once. */
  all(kind: KeptKind): Promise<ReadonlyMap<string, object>>;
  /**
   * Called once, where the file could not be used at the start and can be now: `all` has what an earlier process kept,
   * but for what this one has put since. Must not throw.
   */
  onLate(takeUp: () => void): void;
}
