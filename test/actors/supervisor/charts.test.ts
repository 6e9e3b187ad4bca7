/** The charts of supervisors and resources are drawn by hand: whatever happens, they change their state along an edge. */
import fc from 'fast-check';
import type { AnyActor } from 'xstate';
import { expect, test } from 'vitest';
import { inspectTree } from '../../../actors/inspect-tree.ts';
import { resourceLogic } from '../../../actors/supervisor/resource.ts';
import { supervisorLogic, type SupervisorLogic } from '../../../actors/supervisor/supervisor.ts';
import type { ChildSpec } from '../../../actors/supervisor/child-spec.ts';
import { Stage } from './stage.ts';

interface Config {
  readonly states: Readonly<Record<string, { readonly on?: Readonly<Record<string, string | readonly string[]>> }>>;
}

/** shape  'running --supervisor.shutdown→ stopping' */
const edge = (from: string, event: string, to: string): string => `${from} --${event}→ ${to}`;

function drawnIn(logic: { readonly config?: unknown }): readonly string[] {
  return Object.entries((logic.config as Config).states).flatMap(([from, { on = {} }]) =>
    Object.entries(on).flatMap(([event, to]) => [to].flat().map((each) => edge(from, event, each))),
  );
}

/** The changes of state of every actor of that logic, from now on. Being cut off is no edge: it comes from outside. */
function watch(root: Stage['root'], logic: unknown, into: Set<string>): void {
  const last = new WeakMap<object, string>();
  inspectTree(
    root,
    (event) => {
      if (event.type !== '@xstate.snapshot' || (event.actorRef as AnyActor).logic !== logic) return;
      const { value } = event.snapshot as unknown as { readonly value: string };
      const before = last.get(event.actorRef) ?? value;
      last.set(event.actorRef, value);
      if (before !== value && event.event.type !== 'xstate.stop') into.add(edge(before, event.event.type, value));
    },
    (error) => {
      throw error;
    },
  );
}

/** A resource whose starts and stops are settled from outside, the latest life first. */
class Resource {
  readonly #starts: PromiseWithResolvers<void>[] = [];
  readonly #stops: PromiseWithResolvers<void>[] = [];
  #fail = (_: unknown): void => {};
  readonly spec: ChildSpec;

  constructor(id: string, restart: 'permanent' | 'temporary') {
    const wait = (list: PromiseWithResolvers<void>[]): Promise<void> => {
      const settled = Promise.withResolvers<void>();
      list.push(settled);
      return settled.promise;
    };
    this.spec = {
      id,
      restart,
      shutdownMs: 100,
      start: (scope) => {
        this.#fail = (error) => scope.fail(error);
        return wait(this.#starts);
      },
      stop: () => wait(this.#stops),
    };
  }

  step(what: (typeof STEPS)[number]): void {
    const error = new Error(what);
    if (what === 'arrive') this.#starts.at(-1)?.resolve();
    if (what === 'do not start') this.#starts.at(-1)?.reject(error);
    if (what === 'fail') this.#fail(error);
    if (what === 'stop') this.#stops.at(-1)?.resolve();
    if (what === 'do not stop') this.#stops.at(-1)?.reject(error);
  }
}

const STEPS = ['arrive', 'arrive', 'arrive', 'do not start', 'fail', 'fail', 'stop', 'stop', 'do not stop'] as const;

const histories = fc.record({
  strategy: fc.constantFrom('oneForOne', 'oneForAll', 'restForOne'),
  intensity: fc.constantFrom(0, 2, 1_000),
  waits: fc.boolean(),
  /** Of three resources, so many are up before the rest happens; a fourth child is an actor. */
  up: fc.nat(3),
  resources: fc.array(fc.constantFrom('permanent', 'temporary'), { maxLength: 3 }),
  steps: fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.tuple(fc.nat(2), fc.constantFrom(...STEPS)) },
      { weight: 2, arbitrary: fc.constantFrom('crash', 'crash in vain') },
      { weight: 2, arbitrary: fc.constantFrom(50, 100) },
      { weight: 1, arbitrary: fc.constantFrom('terminate', 'restart') },
      { weight: 1, arbitrary: fc.constant('shutdown') },
    ),
    { maxLength: 20 },
  ),
});

/** Two children fail around the same turn of a group's restart: gone along once in tens of thousands of histories. */
const RARE: ReadonlySet<string> = new Set([
  edge('starting', 'supervisor.retry', 'stopping'),
  edge('backoff', 'supervisor.retry', 'stopping'),
  edge('backoff', 'supervisor.childExited', 'stopping'),
]);

test('a supervisor and a resource move along the edges of their charts, and along each of them', async () => {
  const moved = { supervisor: new Set<string>(), resource: new Set<string>() };
  const settled = async (): Promise<void> => {
    for (let microtask = 0; microtask < 3; microtask++) await Promise.resolve();
  };
  await fc.assert(
    fc.asyncProperty(histories, async ({ strategy, intensity, waits, up, resources, steps }) => {
      const three = resources.map((restart, at) => new Resource('abc'[at]!, restart));
      const stage = new Stage();
      const children = [...three.map(({ spec }) => spec), stage.worker('d')];
      const backoff = { minMs: 50, maxMs: 50, factor: 1, jitter: 0 };
      stage.run({ strategy, intensity, children, ...(waits && { backoff }) });
      watch(stage.root, supervisorLogic, moved.supervisor);
      watch(stage.root, resourceLogic, moved.resource);
      for (const resource of three.slice(0, up)) {
        resource.step('arrive');
        await settled();
      }
      for (const step of steps) {
        if (typeof step === 'number') stage.env.advance(step);
        else if (Array.isArray(step)) three[step[0] as number]?.step(step[1] as (typeof STEPS)[number]);
        else if (step === 'shutdown') stage.shutdown();
        else if (step === 'crash' || step === 'crash in vain') {
          if (step === 'crash in vain') stage.failNext('d', 2);
          stage.ref('d')?.send({ type: 'CRASH' });
        } else stage.ask({ type: `supervisor.${step as 'terminate' | 'restart'}Child`, id: 'a' });
        await settled();
      }
    }),
    { numRuns: 6_000, seed: 3 },
  );

  expect([...moved.resource].toSorted()).toEqual(drawnIn(resourceLogic).toSorted());
  const drawn = drawnIn(supervisorLogic as SupervisorLogic);
  expect([...moved.supervisor].filter((each) => !drawn.includes(each))).toEqual([]);
  expect(drawn.filter((each) => !moved.supervisor.has(each) && !RARE.has(each))).toEqual([]);
});
