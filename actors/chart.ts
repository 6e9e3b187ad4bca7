/**
 * A statechart as plain values: what is drawn of it, in documents and on the page. Reads a machine or the config that a
 * hand-written logic carries; runs neither.
 */
import { createMachine, StateMachine, type AnyActorLogic, type AnyStateNode } from 'xstate';
import type { ChartEdge, ChartReading, ChartState } from '../src/core/readings.ts';

export interface Chart extends ChartReading {
  /** The machine's own, e.g. `breaker`. */
  readonly id: string;
}

/** out  undefined for logic without a chart. An edge of the whole machine is drawn from each state on top that can end. */
export function chartOf(logic: AnyActorLogic): Chart | undefined {
  const root = rootOf(logic);
  if (root === undefined) return undefined;
  const nodes = [...below(root)];
  return {
    id: root.key,
    states: nodes.map((node) => stateOf(node, root)),
    edges: [...nodes.flatMap((node) => edgesOf(node, node, root)), ...edgesOfAll(root)],
  };
}

function rootOf(logic: AnyActorLogic): AnyStateNode | undefined {
  if (logic instanceof StateMachine) return logic.root as AnyStateNode;
  const { config } = logic as { readonly config?: { readonly states?: unknown } };
  return config?.states === undefined ? undefined : (createMachine(config as never).root as AnyStateNode);
}

function* below(node: AnyStateNode): Generator<AnyStateNode> {
  for (const state of Object.values(node.states)) {
    yield state;
    yield* below(state);
  }
}

function stateOf(node: AnyStateNode, root: AnyStateNode): ChartState {
  const parent = node.parent!;
  return {
    path: pathOf(node),
    within: parent === root ? null : pathOf(parent),
    kind: node.type,
    isInitial: parent.type === 'parallel' || parent.initial.target.includes(node),
  };
}

function edgesOfAll(root: AnyStateNode): readonly ChartEdge[] {
  const states = Object.values(root.states).filter(({ type }) => type !== 'final');
  return states.flatMap((state) => edgesOf(root, state, root));
}

/** in  from   where the edges are drawn from: `node` itself, or each state below a machine that has them as a whole */
function edgesOf(node: AnyStateNode, from: AnyStateNode, root: AnyStateNode): readonly ChartEdge[] {
  const transitions = [...node.transitions.values()].flat();
  return [...transitions, ...(node.always ?? [])].flatMap(({ target, eventType, guard, actions }) =>
    (target ?? [from]).map((to: AnyStateNode) => ({
      from: pathOf(from),
      to: pathOf(to === root ? from : to),
      event: eventWord(eventType as string),
      guard: guard === undefined ? null : wordOf(guard),
      actions: actions.map(wordOf),
    })),
  );
}

/** shape  'xstate.after.100.breaker.open' → 'after 100' · 'xstate.done.state.breaker.open' → 'done' · 'trip' → 'trip' */
function eventWord(type: string): string {
  const [, after] = /^xstate\.after\.([^.]+)\./.exec(type) ?? [];
  if (after !== undefined) return `after ${after}`;
  return type.replace(/^xstate\.(done|error|snapshot)\..*/, '$1');
}

function wordOf(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  const { type, name } = reference as { readonly type?: string; readonly name?: string };
  return type ?? name ?? 'unnamed';
}

function pathOf(node: AnyStateNode): string {
  return node.path.join('.');
}
