/**
 * Everything the demo runs: a runtime, its feed and page, the upstreams' process, the traffic, and one real client.
 *
 * The client proves what the page is told: at the end its state is compared with what the server served.
 */
import { isDeepStrictEqual } from 'node:util';
import { createRuntime, type Readings, type Runtime } from '../../../index.ts';
import { connectFeed, type FeedClient } from '../../client/connect-feed.ts';
import { serveFeed } from '../../feed/serve-feed.ts';
import { readPage } from '../page-files.ts';
import { startDrill } from './drill.ts';
import { DEGRADATION, openShop } from './features.ts';
import { forkUpstreams, type Upstreams } from './fork-upstreams.ts';
import { fetchAnswer } from './fetch-answer.ts';
import { keepJournal } from './journal.ts';
import { demoPipelines, UPSTREAM_OF } from './pipelines.ts';
import { report, type Report } from './report.ts';
import type { Upstream } from './script.ts';
import { startTraffic } from './traffic.ts';

/** Longest wait for the client to catch up: four intervals of the feed. */
const CATCH_UP_MS = 1_000;

export interface Stage {
  readonly runtime: Runtime;
  /** Stop everything, last started first, and say what happened. */
  end(): Promise<Report>;
}

/**
 * in      store  the path of the store's file, if there is to be one
 *         say    hears what a person should know, a line each
 * throws  LISTEN_FAILED when the port is taken, STORE_… when the file cannot be had; nothing is left running then
 */
export async function openStage(port: number, store: string | undefined, say: (line: string) => void): Promise<Stage> {
  const runtime = await createRuntime({
    name: 'demo',
    degradation: DEGRADATION,
    alerts: {}, // the default rules; whom to tell is nobody's but the page's and the report's
    ...(store !== undefined && { store: { path: store } }),
  });
  try {
    return await furnish(runtime, port, say);
  } catch (error) {
    await runtime.stop();
    throw error;
  }
}

async function furnish(runtime: Runtime, port: number, say: (line: string) => void): Promise<Stage> {
  const served = remember(runtime);
  const journal = keepJournal(runtime);
  const shop = openShop(runtime);
  const page = await readPage();
  const feed = await serveFeed(served.source, { port, files: page ?? new Map() });
  const upstreams = superviseUpstreams(runtime);
  await upstreams.ready;
  const pipelines = demoPipelines(runtime);
  runtime.recovery.probe('payments', ({ signal }) => fetchAnswer(upstreams.urlOf(UPSTREAM_OF.payments), signal));
  const client = connectFeed({ url: feed.url, token: feed.token });
  const traffic = startTraffic(runtime, pipelines, shop, (upstream) => upstreams.urlOf(upstream));
  const endDrill = startDrill(runtime);
  say(page ? `The page: ${feed.address}` : 'The page is not built (npm run build); the demo runs without it.');

  return {
    runtime,
    async end() {
      try {
        endDrill();
        await traffic.stop();
        await runtime.metering.flush();
        const clientEqual = await catchesUp(runtime, client, served.last);
        return report(runtime.readings(), journal, { frames: feed.frames, clientEqual });
      } finally {
        client.close();
        await runtime.stop();
      }
    },
  };
}

/** The runtime as the feed sees it, and what the feed was last shown: an open breaker's countdown never stands still. */
function remember(runtime: Runtime) {
  let last: Readings | null = null;
  return {
    last: () => last,
    source: {
      name: runtime.name,
      env: runtime.env,
      readings: () => (last = runtime.readings()),
      supervise: (part: Parameters<Runtime['supervise']>[0]) => runtime.supervise(part),
    },
  };
}

/** A process that dies is a crash like any other: its supervisor starts the next one. */
function superviseUpstreams(runtime: Runtime) {
  let alive: Upstreams | undefined;
  const { ready } = runtime.supervise({
    id: 'upstreams',
    start: async (fail) => (alive = await forkUpstreams(fail)),
    stop: (upstreams) => upstreams.stop(),
  });
  return { ready, urlOf: (upstream: Upstream) => alive!.urlOf(upstream) };
}

/** out  true as soon as the client's state is what the server last served, metering settled; false if it never is */
async function catchesUp(runtime: Runtime, client: FeedClient, last: () => Readings | null): Promise<boolean> {
  const { env } = runtime;
  const giveUp = env.setTimer(() => client.close(), CATCH_UP_MS, true);
  try {
    await client.waitFor((state) => state.metering['total']?.pending === 0 && sameAs(last(), state));
    return true;
  } catch {
    return false; // closed before it came so far
  } finally {
    env.clearTimer(giveUp);
  }
}

/** Through JSON, which is how it travelled: `undefined` and a record's prototype do not. */
function sameAs(served: Readings | null, state: Readings): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(served)), JSON.parse(JSON.stringify(state)));
}
