/**
 * What the feed's tests stand on: real sockets on loopback, a clock moved by hand, and readings set by hand.
 *
 * The runtime's part is played by `Stage.source`: one supervised child that is stopped and started again when it fails.
 */
import type { Env } from '../../../src/core/env.ts';
import type { Readings } from '../../../src/core/readings.ts';
import { realEnv } from '../../../src/core/real-env.ts';
import { emptyState } from '../../../src/surfaces/client/apply-frame.ts';
import { FEED_LIMITS, type FeedLimits } from '../../../src/surfaces/feed/limits.ts';
import type { FeedOptions } from '../../../src/surfaces/feed/options.ts';
import { serveFeed, type Feed } from '../../../src/surfaces/feed/serve-feed.ts';
import type { FeedSource } from '../../../src/surfaces/feed/source.ts';
import type { SupervisedPart } from '../../../src/index.ts';
import { createVirtualEnv, type VirtualEnv } from '../../../src/testing/virtual-env.ts';

export const TOKEN = 'test-token-of-thirty-two-characters';

export class Stage {
  readonly clock: VirtualEnv = createVirtualEnv({ seed: 1 });
  readonly source: FeedSource;
  readings: Readings = emptyState();
  /** What the readings throw. */
  broken: Error | null = null;
  #part: SupervisedPart<void> | null = null;
  #settled: Promise<unknown> = Promise.resolve();
  readonly #feeds: Feed[] = [];

  constructor() {
    const real = realEnv();
    const env: Env = {
      ...this.clock,
      listen: (server, where) => real.listen(server, where),
      connect: (where) => real.connect(where),
    };
    this.source = {
      name: 'stage',
      env,
      readings: () => {
        if (this.broken !== null) throw this.broken;
        return this.readings;
      },
      supervise: (part) => this.#supervise(part),
    };
  }

  async serve(options: FeedOptions = {}, limits: Partial<FeedLimits> = {}): Promise<Feed> {
    const feed = await serveFeed(this.source, { port: 0, token: TOKEN, ...options }, { ...FEED_LIMITS, ...limits });
    this.#feeds.push(feed);
    return feed;
  }

  /** Whether the supervisor has the feed. */
  get supervising(): boolean {
    return this.#part !== null;
  }

  /** The readings with one section's entries replaced. */
  show(section: keyof Readings, entries: Record<string, unknown>): void {
    this.readings = { ...this.readings, [section]: entries };
  }

  /** Settles when the part has been stopped and started again after its last failure. */
  restarted(): Promise<unknown> {
    return this.#settled;
  }

  async close(): Promise<void> {
    for (const feed of this.#feeds) await feed.stop();
  }

  #supervise(part: SupervisedPart<void>): ReturnType<FeedSource['supervise']> {
    this.#part = part;
    const begin = async (): Promise<void> => part.start(() => this.#restart());
    const ready = begin();
    return {
      ready,
      terminate: async () => {
        if (this.#part !== part) return;
        this.#part = null;
        await part.stop();
      },
    };
  }

  #restart(): void {
    const part = this.#part;
    if (part === null) return;
    this.#settled = Promise.resolve(part.stop()).then(() => part.start(() => this.#restart()));
  }
}

/** Let the event loop turn until `holds`: for what real sockets do between two turns. No time passes by the clock. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((turned) => setImmediate(turned));
}
