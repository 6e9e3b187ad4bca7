/** The supervision tree as plain values: what stands under what, since when, and how often it was started again. */
import type { AnyActorRef, StateValue } from 'xstate';
import type { ChildReading } from '../src/core/readings.ts';
import { chartIdOf } from './charts.ts';
import { supervisorLogic, whichChildren } from './supervisor/supervisor.ts';
import { ROOT } from './tree-table.ts';

export interface TreeNode extends ChildReading {
  readonly id: string;
  /** From the root, e.g. `root/compute/pool`. */
  readonly path: string;
  /** How long this incarnation has been running; null while there is none, or it is still starting. */
  readonly uptimeMs: number | null;
  /** In the order of their start; they are stopped in the reverse. */
  readonly children: readonly TreeNode[];
}

export interface TreeMoment {
  readonly hasEnded: boolean;
  readonly startedAtMs: number;
  readonly nowMs: number;
}

/** out  the root. `startedAtMs` counts from the tree's start */
export function readTree(root: AnyActorRef, { hasEnded, startedAtMs: originMs, nowMs }: TreeMoment): TreeNode {
  const below = (supervisor: AnyActorRef, path: string): TreeNode[] =>
    whichChildren(supervisor).map(({ id, kind, state, incarnation, restarts, startedAtMs, logic, ref }) => ({
      id,
      path: `${path}/${id}`,
      kind,
      state,
      incarnation,
      restarts,
      startedAtMs: startedAtMs - originMs,
      chart: chartIdOf(logic),
      at: statesOf(ref),
      uptimeMs: state === 'running' ? nowMs - startedAtMs : null,
      children: kind === 'supervisor' && ref !== undefined ? below(ref, `${path}/${id}`) : [],
    }));
  return {
    id: ROOT.id,
    path: ROOT.id,
    kind: 'supervisor',
    state: hasEnded ? 'stopped' : 'running',
    incarnation: 1,
    restarts: 0,
    startedAtMs: 0,
    chart: chartIdOf(supervisorLogic),
    at: statesOf(root),
    uptimeMs: hasEnded ? null : nowMs - originMs,
    children: below(root, ROOT.id),
  };
}

/** The node and all below it, each before what stands under it. */
export function* walkTree(node: TreeNode): Generator<TreeNode> {
  yield node;
  for (const child of node.children) yield* walkTree(child);
}

function statesOf(ref: AnyActorRef | undefined): readonly string[] {
  const snapshot = ref?.getSnapshot() as { readonly value?: StateValue } | undefined;
  return snapshot?.value === undefined ? [] : [...innermost(snapshot.value, [])];
}

/** shape  'open' → open;   { working: { upload: 'waiting', count: {} } } → working.upload.waiting, working.count */
function* innermost(value: StateValue, path: readonly string[]): Generator<string> {
  const inner = typeof value === 'string' ? [[value, {}] as const] : Object.entries(value);
  if (inner.length === 0) yield path.join('.');
  for (const [state, below] of inner) yield* innermost(below ?? {}, [...path, state]);
}
