/**
 * What health takes of the application's thread: a tick over 1,000 named breakers on a bad day, alone and each in a
 * pipeline of its own, and the report of it.
 */
import { createRuntime, type Env, type Runtime } from '../../src/index.ts';
import { createVirtualEnv } from '../../src/testing/index.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { expectTrue } from '../expect-true.ts';
import { inTurn } from '../in-turn.ts';
import { race } from '../race.ts';
import type { Suite } from '../suite.ts';

const BREAKERS = 1_000;
/** Told apart by it from all other timers. */
const INTERVAL_MS = 1_234;
const OPTIONS = { failureRate: 1, minimumCalls: 2 };
const BY_HAND = { by: 'bench', reason: 'a bad day' };

export const healthSuite: Suite = {
  async run(plan, progress) {
    const { tick, env } = tickByHand();
    const runtime = await createRuntime({ name: 'bench', env, health: { intervalMs: INTERVAL_MS } });
    makeBreakers(runtime);
    await tick();
    expectTrue(Object.keys(runtime.health.components()).length === BREAKERS + 1, 'a component for each breaker');
    const { health } = runtime;
    const status = { name: OURS, expects: 'degraded', batch: 100 } as const;
    const report = { ...status, way: 'returns', batch: 1_000, read: statusOf, call: () => health.report() } as const;
    const components = {
      ...status,
      way: 'returns',
      batch: 10,
      read: steadyOf,
      call: () => health.components(),
    } as const;
    const piped = await tickingPipelines();
    return inTurn(progress, [
      (part) => race('health tick, 1,000 breakers', [tickingOf(runtime, tick, 'degraded')], plan, part),
      (part) => race('health tick, 1,000 pipelines', [tickingOf(piped.runtime, piped.tick, 'healthy')], plan, part),
      (part) => race('health report', [report], plan, part),
      (part) => race('health components, 1,000 breakers', [components], plan, part),
    ]);
  },
};

/** The same, each breaker in a pipeline that was called once and well, which makes the day a little better. */
async function tickingPipelines(): Promise<{ readonly runtime: Runtime; readonly tick: () => Promise<void> }> {
  const { tick, env } = tickByHand();
  const runtime = await createRuntime({ name: 'bench', env, health: { intervalMs: INTERVAL_MS } });
  const pipelines = Array.from({ length: BREAKERS }, (_, made) =>
    runtime.pipeline(`breaker ${made}`, { breaker: OPTIONS, timeoutMs: 1_000, retry: { maxAttempts: 2 } }),
  );
  await Promise.all(pipelines.map((pipeline) => pipeline.execute(() => 'ok')));
  makeBreakers(runtime);
  await tick();
  const [sample] = Object.values(runtime.readings().samples);
  expectTrue(sample?.outcomes.success === BREAKERS, 'the calls of each pipeline in the sample');
  return { runtime, tick };
}

function tickingOf({ health }: Runtime, tick: () => Promise<void>, expects: string): Contestant {
  return { name: OURS, expects, batch: 100, way: 'resolves', read: () => health.report().status, call: tick };
}

/** An Env whose time stands still, and whose tick is a function: it resolves when the next one would be waited for. */
function tickByHand(): { readonly env: Env; readonly tick: () => Promise<void> } {
  const virtual = createVirtualEnv({ seed: 1 });
  let waiting: (() => void) | undefined;
  let done: (() => void) | undefined;
  const setTimer: Env['setTimer'] = (fn, ms, ref) => {
    if (ms !== INTERVAL_MS) return virtual.setTimer(fn, ms, ref);
    waiting = fn;
    done?.();
    return {};
  };
  const clearTimer: Env['clearTimer'] = (timer) => void ('fn' in timer && virtual.clearTimer(timer));
  const tick = (): Promise<void> =>
    new Promise((resolve) => {
      done = resolve;
      waiting!();
    });
  return { env: { ...virtual, setTimer, clearTimer }, tick };
}

/** One in ten open, one in fifty half-open; half of the others with failures in their window. */
function makeBreakers(runtime: Runtime): void {
  for (let made = 0; made < BREAKERS; made++) {
    const breaker = runtime.breaker(`breaker ${made}`, OPTIONS);
    for (const vote of made % 2 === 0 ? (['success', 'failure'] as const) : (['success'] as const))
      breaker.admit().settle(vote);
    if (made % 10 === 5) breaker.open(BY_HAND);
    if (made % 100 === 5 || made % 100 === 55) breaker.probe(BY_HAND);
  }
}

const statusOf = ({ status }: { readonly status: string }): string => status;
const steadyOf = (components: ReturnType<Runtime['health']['components']>): string =>
  components['breaker/breaker 0']!.status;
