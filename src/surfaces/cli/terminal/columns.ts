/** Rows of cells to aligned lines. Pure; knows nothing of what it shows. */
import type { Paint, Tone } from './paint.ts';

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

export interface Column {
  readonly title: string;
  readonly width: number;
  /** Numbers are set right. */
  readonly right?: boolean;
}

/** out  the titles, then one line a row; a cell too long for its column is cut, with an ellipsis */
export function columns(layout: readonly Column[], rows: readonly (readonly Cell[])[], paint: Paint): string[] {
  const titles = layout.map(({ title }): Cell => ({ text: title, tone: 'quiet' }));
  return [titles, ...rows].map((row) =>
    layout
      .map((column, at) => fit(column, row[at], paint))
      .join(' ')
      .trimEnd(),
  );
}

function fit({ width, right }: Column, cell: Cell = { text: '' }, paint: Paint): string {
  const text = cut(cell.text, width);
  const gap = ' '.repeat(width - Array.from(text).length);
  const painted = cell.tone && text ? paint(cell.tone, text) : text;
  return right ? gap + painted : painted + gap;
}

function cut(text: string, width: number): string {
  const letters = Array.from(printable(text));
  return letters.length <= width ? letters.join('') : `${letters.slice(0, width - 1).join('')}…`;
}

/** A name comes from the application and may hold anything: no control, escape or bidi character reaches a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}
