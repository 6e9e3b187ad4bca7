/**
 * A server whose handler calls an upstream costs at most a twentieth more with five policies around that call than with
 * `AbortSignal.timeout`.
 *
 * Upstream, server and load are a process each. A pair is both ways right after each other, in the opposite order of
 * the pair before; the ratio is the lower quartile of the pairs', because what else the machine does only ever adds.
 * Requests a second are of sixteen connections; the p99 is of requests one after the other, over one.
 */
import { expectTrue } from '../expect-true.ts';
import { forkServer } from '../http/fork-server.ts';
import { type Get, getter } from '../http/get.ts';
import { BODY } from '../http/upstream.ts';
import { type Half, inPairs } from '../in-pairs.ts';
import { inTurn } from '../in-turn.ts';
import type { Plan } from '../plan.ts';
import { quantile } from '../quantile.ts';
import { printNs } from '../report.ts';
import { rowFor } from '../row-for.ts';
import type { Row } from '../row.ts';
import type { Progress, Suite } from '../suite.ts';

const CONNECTIONS = 16;
/** What the founding documents have for a request through everything. */
const FOUNDING = '6,310 requests/s, p99 0.278 ms';

export const httpSuite: Suite = {
  async run(plan, progress) {
    using upstream = await forkServer('upstream');
    using app = await forkServer('app', upstream.url);
    return await inTurn(progress, [
      (part) => duel('HTTP server, fetch', `${app.url}/fetch`, plan, part),
      (part) => duel('HTTP server, node:http', `${app.url}/http`, plan, part),
    ]);
  },
};

async function duel(claim: string, url: string, plan: Plan, progress: Progress): Promise<Row[]> {
  const ours = way(`${url}/holdfast`, plan);
  const plain = way(`${url}/plain`, plan);
  const { ours: times, theirs, ratios } = await inPairs(plan.pairs, ours.half, plain.half, progress);
  const median = `; the median of the pairs is ${quantile(ratios, 0.5).toFixed(2)}`;
  return [
    rowOf(claim, times, ours, { 'AbortSignal.timeout': quantile(ratios, 0.25) }, median),
    rowOf(`${claim} · AbortSignal.timeout`, theirs, plain),
  ];
}

/** One way of making the upstream call. */
interface Way {
  readonly half: Half;
  /** Nanoseconds, of requests one after the other. */
  readonly singles: number[];
}

function way(url: string, { requests }: Plan): Way {
  const get = getter(url);
  const singles: number[] = [];
  const half = async (): Promise<number> => {
    const timeNs = await many(get, requests);
    await oneByOne(get, requests / 20, singles);
    return timeNs;
  };
  return { half, singles };
}

function rowOf(
  name: string,
  times: readonly number[],
  { singles }: Way,
  ratio: Record<string, number> = {},
  more = '',
): Row {
  const p99 = quantile(singles, 0.99);
  const aSecond = Math.round(1e9 / quantile(times, 0.5)).toLocaleString('en');
  const note = `${aSecond} requests/s, p99 ${printNs(p99, 3)} (founding: ${FOUNDING})${more}`;
  return { ...rowFor(name, { times, p99, ratio }), note };
}

async function many(get: Get, requests: number): Promise<number> {
  let left = requests;
  const connection = async (): Promise<void> => {
    while (left-- > 0) await answered(get);
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  return ((performance.now() - from) * 1e6) / requests;
}

async function oneByOne(get: Get, requests: number, nsOf: number[]): Promise<void> {
  for (let made = 0; made < requests; made++) {
    const from = performance.now();
    await answered(get);
    nsOf.push((performance.now() - from) * 1e6);
  }
}

async function answered(get: Get): Promise<void> {
  expectTrue((await get()) === BODY, `the upstream's answer`);
}
