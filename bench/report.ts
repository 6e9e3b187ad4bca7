/** Turns rows into what is printed and written: the table, the closing note, the JSON. Pure. */
import type { Limit, Row } from './row.ts';

export type Verdict = 'held' | 'stretch' | 'missed' | '';

interface Bound {
  /** `cockatiel`, `median`, `p99`, `bytes` */
  readonly what: string;
  /** What was measured; undefined where it was not. */
  readonly figure: number | undefined;
  readonly atMost: number;
  readonly print: (value: number, digits: number) => string;
}

/**
 * Whether a row is within its limits. A figure that was not measured is not within.
 *
 * out  'missed' when one limit is passed · 'stretch' when that is reached, too · 'held' · '' where there is no limit
 */
export function verdictOf(row: Row): Verdict {
  if (row.limit !== null && missesOf(row, row.limit).length > 0) return 'missed';
  if (row.stretch !== null && missesOf(row, row.stretch).length === 0) return 'stretch';
  return row.limit === null ? '' : 'held';
}

const HEAD = ['', 'median', '±', 'p99', 'bytes', 'ours ÷ theirs', 'at most', ''];
/** The note says one more, so that what is just over its limit is seen to be. */
const DIGITS = 3;
const LEFT = new Set([0, 5, 6, 7]);

/** Aligned lines: a head, a rule, and one line a row. */
export function tableOf(rows: readonly Row[]): string[] {
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const lines = cells.map((line) =>
    line
      .map((cell, column) => (LEFT.has(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  const rule = '─'.repeat(Math.max(...lines.map((line) => line.length)));
  return [lines[0]!, rule, ...lines.slice(1)];
}

/** What the table comes to: how many limits were held, and by how much each of the others was missed. */
export function noteOf(rows: readonly Row[]): string[] {
  const judged = rows.filter((row) => row.limit !== null);
  const missed = judged.filter((row) => verdictOf(row) === 'missed');
  const stretched = rows.filter((row) => verdictOf(row) === 'stretch');
  const lines = missed.flatMap((row) =>
    missesOf(row, row.limit!).map(
      ({ what, figure, atMost, print }) =>
        `missed: ${row.name}, ${what}: expected at most ${print(atMost, DIGITS + 1)}, received ${figure === undefined ? 'nothing' : print(figure, DIGITS + 1)}`,
    ),
  );
  return [
    `${judged.length - missed.length} of ${judged.length} rows with a limit are within it; ${stretched.length} reached their stretch.`,
    ...lines,
    ...rows.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}`])),
  ];
}

/** shape  [{ "name": "breaker, time window", "ns": 140, "p99": 310, "ratio": { "cockatiel": 0.9 }, "limit": … }] */
export function jsonOf(rows: readonly Row[]): string {
  return `${JSON.stringify(rows, null, 2)}\n`;
}

/** shape  printNs(62, 3) → '62 ns' · printNs(1_234, 3) → '1.23 µs' · printNs(41_500_000, 3) → '41.5 ms' */
export function printNs(ns: number, digits: number): string {
  if (ns < 1e3) return `${ns.toFixed(0)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toPrecision(digits)} µs`;
  return `${(ns / 1e6).toPrecision(digits)} ms`;
}

function cellsOf(row: Row): string[] {
  const verdict = verdictOf(row);
  return [
    row.name,
    row.ns === null ? '' : printNs(row.ns, DIGITS),
    row.spread === null ? '' : `${(row.spread * 100).toFixed(0)} %`,
    row.p99 === null ? '' : printNs(row.p99, DIGITS),
    row.bytes === null ? '' : printBytes(row.bytes),
    Object.entries(row.ratio)
      .map(([peer, ratio]) => `${printRatio(ratio, DIGITS)} ${peer}`)
      .join(' · '),
    row.limit === null
      ? ''
      : boundsOf(row, row.limit)
          .map(({ what, atMost, print }) => `${print(atMost, DIGITS)} ${what}`)
          .join(' · '),
    verdict === 'stretch' ? 'held, and stretch' : verdict === 'missed' ? 'MISSED' : verdict,
  ];
}

function missesOf(row: Row, limit: Limit): Bound[] {
  return boundsOf(row, limit).filter(({ figure, atMost }) => figure === undefined || !(figure <= atMost));
}

function boundsOf(row: Row, { ns, p99, bytes, ratio = {} }: Limit): Bound[] {
  return [
    ...Object.entries(ratio).map(([peer, atMost]) => ({
      what: peer,
      figure: row.ratio[peer],
      atMost,
      print: printRatio,
    })),
    ...(ns === undefined ? [] : [{ what: 'median', figure: row.ns ?? undefined, atMost: ns, print: printNs }]),
    ...(p99 === undefined ? [] : [{ what: 'p99', figure: row.p99 ?? undefined, atMost: p99, print: printNs }]),
    ...(bytes === undefined
      ? []
      : [{ what: 'bytes', figure: row.bytes ?? undefined, atMost: bytes, print: printBytes }]),
  ];
}

/** shape  printRatio(0.02512, 3) → '0.025' · printRatio(0.95, 3) → '0.95' */
function printRatio(ratio: number, digits: number): string {
  return ratio < 0.1 ? ratio.toFixed(digits) : ratio.toFixed(digits - 1);
}

function printBytes(bytes: number): string {
  return bytes.toLocaleString('en');
}
