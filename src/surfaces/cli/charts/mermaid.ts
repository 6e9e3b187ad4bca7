/** A chart as a Mermaid state diagram, for documents. Pure. */
import type { Chart, ChartEdge, ChartState } from '../../../index.ts';

/** out  the diagram's text, without a fence and without a last newline */
export function mermaid({ states, edges }: Chart): string {
  const lines = ['stateDiagram-v2', ...inside(null, states, '  ')];
  // One arrow for each pair of states, however many events lead along it.
  const arrows = Map.groupBy(edges, ({ from, to }) => `${nameOf(from)} --> ${nameOf(to)}`);
  for (const [arrow, along] of arrows) lines.push(`  ${arrow}: ${along.map(label).join(', ')}`);
  return lines.join('\n');
}

function* inside(parent: string | null, states: readonly ChartState[], indent: string): Generator<string> {
  for (const { path, within, kind, isInitial } of states) {
    if (within !== parent) continue;
    const name = nameOf(path);
    const word = path.slice(path.lastIndexOf('.') + 1);
    const isNest = kind === 'compound' || kind === 'parallel';
    if (name !== word && !isNest) yield `${indent}state "${word}" as ${name}`;
    if (isInitial) yield `${indent}[*] --> ${name}`;
    if (kind === 'final') yield `${indent}${name} --> [*]`;
    if (!isNest) continue;
    yield `${indent}state "${word}" as ${name} {`;
    yield* inside(path, states, `${indent}  `);
    yield `${indent}}`;
  }
}

/** shape  'waiting / armOpening' · 'arrived [isWanted]' */
function label({ event, guard, actions }: ChartEdge): string {
  const condition = guard === null ? '' : ` [${guard}]`;
  return `${event}${condition}${actions.length > 0 ? ` / ${actions.join(' ')}` : ''}`.trim();
}

/** Mermaid's names have no dots. */
function nameOf(path: string): string {
  return path.replaceAll('.', '_');
}
