/**
 * A statechart as plain values: what is drawn of it, in documents and on the page. Reads a machine or the config that a
 * hand-written logic carries; runs neither.
 */
import { createMachine, StateMachine, type AnyActorLogic, type AnyStateNode } from 'xstate';

export interface Chart {
  /** The machine's own, e.g. `breaker`. */
  readonly id: string;
  readonly states: readonly ChartState[];
  readonly edges: readonly ChartEdge[];
}

export interface ChartState {
  /** Its path, e.g. `open`, or `working.waiting` for a state within a state. */
  readonly path: string;
  /** The path of the state it is within; null for those on top. */
  readonly within: string | null;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** Whether it is entered first, when the chart or the state around it is. */
  readonly isInitial: boolean;
}

export interface ChartEdge {
  readonly from: string;
  /** `from` itself for an event that changes no state. */
  readonly to: string;
  /** The event's type; `after 100` for a delay, empty for an edge that waits for nothing. */
  readonly event: string;
  readonly guard: string | null;
  readonly actions: readonly string[];
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
