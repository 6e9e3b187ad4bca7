/**
 * How the demo speaks to whoever reads it: a table that updates in place on a terminal, a line now and then in a log.
 */
import type { Readings } from '../../../index.ts';
import { paintFor } from './paint.ts';
import { openScreen, type Output } from './screen.ts';
import { summaryLine, tableLines } from './table.ts';

const LOG_EVERY_SECONDS = 5;

export interface View {
  /** in  seconds   whole seconds since the demo began */
  show(readings: Readings, seconds: number): void;
  /** Synchronous and idempotent: it also runs on the way out. */
  close(): void;
}

export function openView(output: Output & { readonly isTTY?: boolean }, noColor: string | undefined): View {
  if (output.isTTY !== true) return openLog(output);
  const screen = openScreen(output);
  const paint = paintFor(output, noColor);
  return {
    show: (readings, seconds) => screen.draw(tableLines(readings, seconds, paint)),
    close: () => screen.close(),
  };
}

function openLog(output: Output): View {
  let nextSeconds = LOG_EVERY_SECONDS;
  return {
    show(readings, seconds) {
      if (seconds < nextSeconds) return;
      nextSeconds = seconds + LOG_EVERY_SECONDS;
      output.write(`${summaryLine(readings, seconds)}\n`);
    },
    close: () => undefined,
  };
}
