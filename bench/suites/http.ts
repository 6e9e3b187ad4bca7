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
import { getter } from '../http/get.ts';
import { BODY } from '../http/upstream.ts';
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

/** One way of making the upstream call. */
interface Side {
  readonly get: () => Promise<string>;
  /** Nanoseconds a request, of each pair. */
  readonly times: number[];
  readonly singles: number[];
}

async function duel(claim: string, url: string, plan: Plan, progress: Progress): Promise<Row[]> {
  const ours = side(`${url}/holdfast`);
  const plain = side(`${url}/plain`);
  for (let pair = 0; pair <= plan.pairs; pair++) {
    for (const each of pair % 2 === 0 ? [ours, plain] : [plain, ours]) {
      const timeNs = await many(each, plan.requests);
      const singles = await oneByOne(each, plan.requests);
      if (pair === 0) continue; // it only warms up
      each.times.push(timeNs);
      each.singles.push(...singles);
    }
    progress(pair / plan.pairs);
  }
  const ratios = ours.times.map((time, pair) => time / plain.times[pair]!);
  const median = `the median of the pairs is ${quantile(ratios, 0.5).toFixed(2)}`;
  return [
    rowOf(claim, ours, { 'AbortSignal.timeout': quantile(ratios, 0.25) }, `; ${median}`),
    rowOf(`${claim} · AbortSignal.timeout`, plain, {}),
  ];
}

function side(url: string): Side {
  return { get: getter(url), times: [], singles: [] };
}

function rowOf(name: string, { times, singles }: Side, ratio: Record<string, number>, more = ''): Row {
  const p99 = quantile(singles, 0.99);
  const aSecond = Math.round(1e9 / quantile(times, 0.5)).toLocaleString('en');
  const note = `${aSecond} requests/s, p99 ${printNs(p99, 3)} (founding: ${FOUNDING})${more}`;
  return { ...rowFor(name, { times, p99, ratio }), note };
}

async function many({ get }: Side, requests: number): Promise<number> {
  let left = requests;
  const connection = async (): Promise<void> => {
    while (left-- > 0) await answered(get);
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  return ((performance.now() - from) * 1e6) / requests;
}

async function oneByOne({ get }: Side, requests: number): Promise<number[]> {
  const singles: number[] = [];
  for (let made = 0; made < requests / 4; made++) {
    const from = performance.now();
    await answered(get);
    singles.push((performance.now() - from) * 1e6);
  }
  return singles;
}

async function answered(get: () => Promise<string>): Promise<void> {
  expectTrue((await get()) === BODY, `the upstream's answer`);
}
