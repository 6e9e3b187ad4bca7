/**
 * Lines that are drawn over the lines before, in place, at the bottom of a terminal's scroll. Not a full-screen
 * program: what was there before stays above, and the last picture stays when it ends.
 */
export interface Output {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const ESC = '\u001b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;

export interface Screen {
  draw(lines: readonly string[]): void;
  /** Give the cursor back. Idempotent, synchronous: it also runs on the way out. */
  close(): void;
}

export function openScreen(output: Output): Screen {
  let height = 0;
  let open = true;
  output.write(HIDE_CURSOR);
  return {
    draw(lines) {
      const shown = lines.slice(0, Math.max(1, (output.rows ?? 24) - 1));
      output.write(overdraw(height, shown));
      height = shown.length;
    },
    close() {
      if (open) output.write(SHOW_CURSOR);
      open = false;
    },
  };
}

/**
 * One write for one picture, so that a terminal never shows half of it. Wrapping is off meanwhile: a line wider than
 * the terminal would take two rows, and the next picture would be drawn one row too low.
 *
 * in      height   lines of the picture before, which the cursor is just below
 */
export function overdraw(height: number, lines: readonly string[]): string {
  const up = height > 0 ? `${ESC}${height}A` : '';
  const rows = lines.map((line) => `${line}${ESC}K\n`).join('');
  return `${ESC}?7l${up}\r${rows}${ESC}J${ESC}?7h`;
}
