/** What every statechart owes its reader, its inspector and its supervisor. */
import { createActor, type AnyEventObject, type AnyStateMachine, type AnyStateNode } from 'xstate';
import { adjacencyMapToArray, getStateNodes, TestModel } from 'xstate/graph';
import { describe, expect, test } from 'vitest';
import { drawings, machines, STIMULI } from './machines.ts';

const MACHINES = await machines();

test('every machine is found, and has what its walk needs', () => {
  expect(MACHINES.map(([file]) => file)).toEqual([
    'alert.machine.ts',
    'breaker.machine.ts',
    'degradation.machine.ts',
    'recovery.machine.ts',
  ]);
  expect(MACHINES.map(([, { id }]) => id)).toEqual(Object.keys(STIMULI));
});

describe.each(MACHINES)('%s', (_, machine) => {
  test('names only actions, guards, actors and delays that it has', () => {
    const { actions, guards, actors, delays } = machine.implementations;
    const missing = [
      ...actionsOf(machine).filter((name) => !(name in actions)),
      ...transitionsOf(machine)
        .flatMap(({ guard }) => nameOf(guard))
        .filter((name) => !(name in guards)),
      ...nodesOf(machine)
        .flatMap(({ invoke }) => invoke.map(({ src }) => nameOf(src)))
        .flat()
        .filter((name) => !(name in actors)),
      ...nodesOf(machine)
        .flatMap(({ after }) => after.map(({ delay }) => delay))
        .filter((delay) => typeof delay === 'string' && !(delay in delays)),
    ];

    expect(missing).toEqual([]);
  });

  test('uses every action and guard that it has', () => {
    const { actions, guards } = machine.implementations;
    const used = [...actionsOf(machine), ...transitionsOf(machine).flatMap(({ guard }) => nameOf(guard))];

    expect([...Object.keys(actions), ...Object.keys(guards)].toSorted()).toEqual([...new Set(used)].toSorted());
  });

  test('writes nothing inline that an inspector could only call by a number', () => {
    const written = transitionsOf(machine).flatMap(({ actions, guard }) => [
      ...actions,
      ...(guard === undefined ? [] : [guard]),
    ]);
    const entries = nodesOf(machine).flatMap(({ entry, exit }) => [...entry, ...exit]);

    expect([...written, ...entries].filter((each) => typeof each === 'function')).toEqual([]);
  });

  test('takes its context from its input and from nothing else', () => {
    expect(machine.config.context).toBeTypeOf('function');
    const { input } = STIMULI[machine.id]!;
    expect(createActor(machine, { input }).getSnapshot().context).toEqual(input);
  });

  test('has an end to its microsteps', () => {
    expect(machine.options?.maxIterations).toBeLessThanOrEqual(100);
  });

  test('ends in `stopped` on supervisor.shutdown, from everywhere, and leaves no timer', () => {
    for (const node of leavesOf(machine)) {
      const timers = new Set<object>();
      const clock = {
        setTimeout: () => {
          const timer = {};
          timers.add(timer);
          return timer;
        },
        clearTimeout: (timer: object) => void timers.delete(timer),
      };
      const { input, events } = STIMULI[machine.id]!;
      const snapshot = machine.resolveState({ value: node.path.join('.'), context: input });
      const actor = createActor(machine, { input, snapshot, clock: clock as never }).start();
      for (const event of events) if (!leads(node, event)) actor.send(event);

      actor.send({ type: 'supervisor.shutdown' });

      expect(actor.getSnapshot(), node.key).toMatchObject({ value: 'stopped', status: 'done' });
      expect(timers.size, node.key).toBe(0);
    }
  });

  test('goes, in a live actor, along every edge to the state the graph says', async () => {
    const { input, events } = STIMULI[machine.id]!;
    const types = machine.events.filter((type) => !events.some((event) => event.type === type));
    const model = new TestModel(machine, {
      events: [...events, ...types.map((type) => ({ type }))] as never,
      input: input as never,
      serializeState: (state) => String(state.value),
      stateMatcher: (state, key) => String(state.value) === key,
    });
    const shortest = new Map(
      model.getShortestPaths({ allowDuplicatePaths: true }).map((path) => [String(path.state.value), path]),
    );
    const gone = new Set<string>();

    for (const { state, event, nextState } of adjacencyMapToArray(model.getAdjacencyMap())) {
      if (state.status !== 'active') continue; // the end is the end
      const steps = [...shortest.get(String(state.value))!.steps.map((step) => step.event), event] as AnyEventObject[];
      const [path] = model.getPathsFromEvents(
        steps.filter(({ type }) => type !== 'xstate.init'),
        { fromState: createActor(machine, { input }).getSnapshot() }, // or it would begin without the input
      );
      const actor = createActor(machine, { input }).start();
      const checks = machine.root.states;
      await path!.test({
        events: Object.fromEntries(
          machine.events.map((type) => [type, (step: { event: AnyEventObject }) => actor.send(step.event)]),
        ),
        states: Object.fromEntries(
          Object.keys(checks).map((key) => [key, () => expect(actor.getSnapshot().value).toBe(key)]),
        ),
      });
      expect(actor.getSnapshot().value).toBe(nextState.value);
      if (
        machine.root.states[String(state.value)]!.transitions.has(event.type) ||
        machine.root.transitions.has(event.type)
      )
        gone.add(`${String(state.value)} ${event.type}`);
      actor.stop();
    }

    expect([...gone].toSorted()).toEqual(edgesOf(machine).toSorted());
  });
});

describe.each([...MACHINES, ...drawings()])('the chart of %s', (_, machine) => {
  test('has no state that cannot be reached', () => {
    const reached = new Set<AnyStateNode>();
    const reach = (node: AnyStateNode): void => {
      if (reached.has(node)) return;
      reached.add(node);
      if (node.parent !== undefined) reach(node.parent);
      for (const target of node.initial?.target ?? []) reach(target);
      if (node.type === 'parallel') for (const region of Object.values(node.states)) reach(region);
      for (const transition of [...node.transitions.values()].flat())
        for (const target of transition.target ?? []) reach(target);
      for (const { target } of node.always ?? []) for (const next of target ?? []) reach(next);
    };

    reach(machine.root);

    expect(
      nodesOf(machine)
        .filter((node) => !reached.has(node))
        .map(({ id }) => id),
    ).toEqual([]);
  });

  test('has one final state, and a way to it from every other', () => {
    const leads = new Map(leavesOf(machine).map((node) => [node, targetsOf(node)]));
    const final = nodesOf(machine).filter(({ type }) => type === 'final');
    const saved = new Set(final);
    for (let before = -1; before < saved.size;) {
      before = saved.size;
      for (const [node, targets] of leads) if (targets.some((target) => saved.has(target))) saved.add(node);
    }

    expect(final.length).toBe(1);
    expect(
      leavesOf(machine)
        .filter((node) => !saved.has(node))
        .map(({ id }) => id),
    ).toEqual([]);
  });
});

function nodesOf(machine: AnyStateMachine): readonly AnyStateNode[] {
  return [machine.root, ...getStateNodes(machine)];
}

/** The states an actor can be in and leave again. */
function leavesOf(machine: AnyStateMachine): readonly AnyStateNode[] {
  return nodesOf(machine).filter(({ type }) => type === 'atomic');
}

function transitionsOf(machine: AnyStateMachine) {
  return nodesOf(machine).flatMap(({ transitions }) => [...transitions.values()].flat());
}

function targetsOf(node: AnyStateNode): readonly AnyStateNode[] {
  const own = [...node.transitions.values()].flat().flatMap(({ target }) => target ?? []);
  return node.parent === undefined ? own : [...own, ...targetsOf(node.parent)];
}

/** shape  ['closed trip', …]: each state with each event that it, or the machine as a whole, has an edge for */
function edgesOf(machine: AnyStateMachine): readonly string[] {
  return leavesOf(machine).flatMap((node) =>
    [...node.transitions.keys(), ...machine.root.transitions.keys()].map((type) => `${node.key} ${type}`),
  );
}

function leads(node: AnyStateNode, { type }: AnyEventObject): boolean {
  return node.transitions.get(type)?.some(({ target }) => target !== undefined) ?? false;
}

function actionsOf(machine: AnyStateMachine): readonly string[] {
  const ofNodes = nodesOf(machine).flatMap(({ entry, exit }) => [...entry, ...exit]);
  return [...ofNodes, ...transitionsOf(machine).flatMap(({ actions }) => actions)].flatMap(nameOf);
}

/** out  none for what is not referred to by name */
function nameOf(reference: unknown): readonly string[] {
  if (typeof reference === 'string') return [reference];
  const type = (reference as { readonly type?: unknown } | undefined)?.type;
  return typeof reference === 'object' && typeof type === 'string' ? [type] : [];
}
