/** Metering a call costs a fifth of counting it with prom-client, a tenth of OpenTelemetry, and loses nothing. */
import { createRuntime } from '../../src/index.ts';
import * as opentelemetry from '../against/opentelemetry.ts';
import * as promClient from '../against/prom-client.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { expectTrue } from '../expect-true.ts';
import { inTurn } from '../in-turn.ts';
import { race } from '../race.ts';
import type { Suite } from '../suite.ts';

const TOKENS = 12;
const LATENCY_MS = 3.5;
const SCORE = 0.9;
const RECORDS = 1_048_576;
const MASK = 63;

/** 64 combinations, one after the other: nobody meters the same one all day. */
const LABELS = Array.from({ length: MASK + 1 }, (_, index) => ({
  tenant: `tenant-${index >> 2}`,
  operation: `operation-${index & 3}`,
  tier: index & 1 ? 'gold' : 'standard',
  agent: `agent-${index >> 4}`,
}));

export const meteringSuite: Suite = {
  async run(plan, progress) {
    await using runtime = await createRuntime({ name: 'bench', capacity: { meteringRecords: RECORDS } });
    const { metering } = runtime;
    const bound = LABELS.map((labels) => metering.bind(labels));
    const prom = promClient.tokenCounter();
    const otel = opentelemetry.tokenCounter();

    const ours = {
      name: OURS,
      way: 'returns',
      expects: true,
      /** The ring is emptied outside of the measurement, so that no record is dropped, which would be cheaper. */
      before: async () => {
        if (metering.totals().pending > RECORDS / 4) await metering.flush();
      },
      after: async () => {
        await metering.flush();
        const { recorded, flushed, pending, dropped, refused } = metering.totals();
        expectTrue(recorded > 0 && recorded === flushed, `every one of ${recorded} records flushed, not ${flushed}`);
        expectTrue(pending + dropped + refused === 0, 'no record pending, dropped or refused');
      },
    } as const;
    let turn = 0;
    const record = (): boolean => {
      const { tenant, operation, tier, agent } = LABELS[turn++ & MASK]!;
      return metering.record({ tenant, operation, tier, agent, tokens: TOKENS, latencyMs: LATENCY_MS, score: SCORE });
    };
    let boundTurn = 0;
    const recordBound = (): boolean =>
      bound[boundTurn++ & MASK]!.record({ tokens: TOKENS, latencyMs: LATENCY_MS, score: SCORE });

    const against = (): Contestant[] => [counting('prom-client', prom), counting('opentelemetry', otel)];
    return await inTurn(progress, [
      (part) => race('metering record', [{ ...ours, call: record }, ...against()], plan, part),
      (part) => race('metering record, bound', [{ ...ours, call: recordBound }, ...against()], plan, part),
    ]);
  },
};

/** A counter of tokens by the same four names: it has neither latency nor score. */
function counting(name: string, counter: promClient.Tokens): Contestant {
  let calls = 0;
  const call = (): boolean => {
    const { tenant, operation, tier, agent } = LABELS[calls++ & MASK]!;
    counter.add({ tenant, operation, tier, agent }, TOKENS);
    return true;
  };
  let before = 0;
  return {
    name,
    way: 'returns',
    expects: true,
    call,
    before: async () => {
      if (calls === 0) before = await counter.total();
    },
    after: async () => {
      const total = (await counter.total()) - before;
      expectTrue(total === calls * TOKENS, `${name} to have counted ${calls * TOKENS} tokens, not ${total}`);
    },
  };
}
