/** As much of a VT100 as the screen speaks: letters, line ends, cursor up, erasing, wrapping, the cursor's visibility. */
// oxlint-disable-next-line no-control-regex -- escapes are its language
const TOKEN = /\u001b\[(\?)?(\d*)([A-Za-z])|\r|\n|[^\u001b\r\n]/gu;

export class TinyTerminal {
  readonly columns: number;
  readonly rows: number;
  cursorShown = true;
  written = '';
  #wraps = true;
  #row = 0;
  #column = 0;
  readonly #cells: string[][] = [[]];

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** Everything ever shown, from the first line to the one the cursor is in. */
  lines(): string[] {
    return this.#cells.map((row) => Array.from(row, (letter) => letter ?? ' ').join(''));
  }

  write(text: string): void {
    this.written += text;
    for (const [token, mark, number, command] of text.matchAll(TOKEN)) {
      if (token === '\r') this.#column = 0;
      else if (token === '\n') this.#down();
      else if (command === undefined) this.#put(token);
      else if (mark) this.#mode(`${number}${command}`);
      else this.#command(command, Number(number || 1));
    }
  }

  #put(letter: string): void {
    if (this.#column === this.columns && this.#wraps) this.#down();
    if (this.#column < this.columns) this.#cells[this.#row]![this.#column++] = letter;
  }

  #down(): void {
    this.#column = 0;
    this.#row++;
    this.#cells[this.#row] ??= [];
  }

  #mode(mode: string): void {
    if (mode === '7l' || mode === '7h') this.#wraps = mode === '7h';
    else if (mode === '25l' || mode === '25h') this.cursorShown = mode === '25h';
    else throw new Error(`expected a mode this terminal knows, received ${mode}`);
  }

  #command(command: string, count: number): void {
    const row = this.#cells[this.#row]!;
    if (command === 'A') this.#row = Math.max(0, this.#row - count, this.#cells.length - this.rows);
    else if (command === 'K') row.length = Math.min(row.length, this.#column);
    else if (command === 'J') {
      row.length = Math.min(row.length, this.#column);
      this.#cells.length = this.#row + 1;
    } else throw new Error(`expected a command this terminal knows, received ${command}`);
  }
}
