/** The door to dagre: where each state of a chart stands, and along which points each arrow runs. Pure, in pixels. */
import * as dagre from '@dagrejs/dagre';
import type { Readings } from '../live.ts';

export type Chart = Readings['charts'][string];
type State = Chart['states'][number];

export interface Box extends State {
  /** The last part of its path. */
  readonly word: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** All edges between two states, as one: their events are many, the way is one. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly events: readonly string[];
  /** An SVG path. */
  readonly line: string;
}

export interface Layout {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Those that contain others come first, so that they are drawn below them. */
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

const LETTER = 7.6;
const PADDING = 26;
const HEIGHT = 34;
const MARGIN = 12;

/** What dagre tells of a node: where its middle is. */
interface Middle extends Point {
  readonly width: number;
  readonly height: number;
}

/** The part of dagre we use, by its reference. Its own types import each other in a way that `nodenext` cannot follow. */
interface DagreGraph {
  setGraph(spacing: Readonly<Record<string, string | number>>): void;
  setDefaultEdgeLabel(make: () => object): void;
  setNode(name: string, size: { readonly width: number; readonly height: number }): void;
  setParent(name: string, parent: string): void;
  setEdge(from: string, to: string): void;
  node(name: string): Middle;
  edge(from: string, to: string): { readonly points: readonly Point[] };
}

const { Graph, layout: arrange } = dagre as unknown as {
  readonly Graph: new (options: { readonly compound: boolean }) => DagreGraph;
  readonly layout: (graph: DagreGraph) => void;
};

export function layoutOf({ states, edges }: Chart): Layout {
  const graph = new Graph({ compound: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 26, ranksep: 74, edgesep: 14 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { path } of states) graph.setNode(path, { width: wordOf(path).length * LETTER + PADDING, height: HEIGHT });
  for (const { path, within } of states) if (within !== null) graph.setParent(path, within);
  const byPair = Map.groupBy(
    edges.filter(({ from, to }) => from !== to), // an event that changes nothing needs no arrow
    ({ from, to }) => JSON.stringify([from, to]),
  );
  const pairs = [...byPair.values()].map((along) => ({
    from: along[0]!.from,
    to: along[0]!.to,
    events: along.map(({ event }) => event),
    ends: [entered(along[0]!.from, states), entered(along[0]!.to, states)] as const,
  }));
  for (const { ends } of pairs) graph.setEdge(...ends);
  arrange(graph);

  const lines = pairs.map(({ ends }) => graph.edge(...ends).points);
  const boxes = states.map((state) => boxOf(state, graph.node(state.path)));
  const corners = boxes.flatMap(({ x, y, width, height }) => [
    { x, y },
    { x: x + width, y: y + height },
  ]);
  return {
    ...frameOf([...corners, ...lines.flat()]),
    boxes,
    arrows: pairs.map(({ from, to, events }, n) => ({ from, to, events, line: lineThrough(lines[n]!) })),
  };
}

/** Around everything: dagre's own frame is around the boxes only, and arrows bend beyond it. */
function frameOf(points: readonly Point[]): Pick<Layout, 'left' | 'top' | 'width' | 'height'> {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs) - MARGIN, Math.min(...ys) - MARGIN];
  return { left, top, width: Math.max(...xs) + MARGIN - left, height: Math.max(...ys) + MARGIN - top };
}

/** The state within which an arrow ends: dagre draws none to a box that has boxes in it. */
function entered(path: string, states: readonly State[]): string {
  const first = states.find(({ within, isInitial }) => within === path && isInitial);
  return first === undefined ? path : entered(first.path, states);
}

function boxOf(state: State, { x, y, width, height }: Middle): Box {
  return { ...state, word: wordOf(state.path), x: x - width / 2, y: y - height / 2, width, height };
}

function wordOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** Straight at both ends and round at the bends: each bend is the control point between the middles beside it. */
function lineThrough(points: readonly Point[]): string {
  const at = ({ x, y }: Point): string => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
  const middle = (one: Point, other: Point): Point => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
  const bends = points.slice(1, -1).map((bend, n) => `Q${at(bend)} ${at(middle(bend, points[n + 2]!))}`);
  return `M${at(points[0]!)}${bends.join('')}L${at(points.at(-1)!)}`;
}
