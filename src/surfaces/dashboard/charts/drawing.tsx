/** A chart, drawn: the state it is in lit, the arrow it came along flashed, all of it red when its actor has crashed. */
import type { Box, Layout } from './layout.ts';
import type { Move } from './moves.ts';

interface DrawingProps {
  readonly layout: Layout;
  /** What it is read as by who cannot see it. */
  readonly label: string;
  readonly at: readonly string[];
  readonly isCrashed: boolean;
  readonly move: Move | null;
  /** How many moves so far. */
  readonly moves: number;
}

const ROUND = 7;

export function Drawing({ layout, label, at, isCrashed, move, moves }: DrawingProps) {
  const { left, top, width, height, boxes, arrows } = layout;
  return (
    <svg
      class={isCrashed ? 'chart crashed' : 'chart'}
      viewBox={`${left} ${top} ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
    >
      <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
        <path d="M0 .8L7.4 4L0 7.2z" />
      </marker>
      {boxes.map((box) => (
        <State
          key={box.path}
          box={box}
          isLit={at.some((path) => path === box.path || path.startsWith(`${box.path}.`))}
        />
      ))}
      {arrows.map(({ from, to, events, line }) => {
        const isTaken = move !== null && move.from === from && move.to === to;
        const leaves = at.includes(from);
        return (
          // A new key begins the flash anew.
          <path
            key={`${from} ${to} ${isTaken ? moves : 0}`}
            class={`arrow${leaves ? ' leaves' : ''}${isTaken ? ' taken' : ''}`}
            data-edge={`${from} ${to}`}
            d={line}
            marker-end="url(#tip)"
          >
            <title>{`${from} → ${to}: ${events.join(', ')}`}</title>
          </path>
        );
      })}
    </svg>
  );
}

function State({ box, isLit }: { readonly box: Box; readonly isLit: boolean }) {
  const { path, word, kind, isInitial, x, y, width, height } = box;
  const isNest = kind === 'compound' || kind === 'parallel';
  return (
    <g class={`state ${kind}${isLit ? ' lit' : ''}`} data-state={path} transform={`translate(${x} ${y})`}>
      <rect width={width} height={height} rx={ROUND} />
      {kind === 'final' && <rect class="inner" x="3" y="3" width={width - 6} height={height - 6} rx={ROUND - 2} />}
      {isInitial && <circle cx={ROUND} cy={ROUND} r="2.4" />}
      <text x={width / 2} y={isNest ? 14 : height / 2}>
        {word}
      </text>
    </g>
  );
}
