import { expect, test } from 'vitest';
import { openScreen } from '../../../src/surfaces/cli/terminal/screen.ts';
import { TinyTerminal } from './tiny-terminal.ts';

test('a picture is drawn over the one before, and what stood above stays', () => {
  const terminal = new TinyTerminal(40, 10);
  terminal.write('$ holdfast demo\n');
  const screen = openScreen(terminal);

  screen.draw(['one', 'two is long', 'three']);
  screen.draw(['uno', 'dos', 'tres']);

  expect(terminal.lines()).toEqual(['$ holdfast demo', 'uno', 'dos', 'tres', '']);
});

test('a shorter picture leaves nothing of a taller one', () => {
  const terminal = new TinyTerminal(40, 10);
  const screen = openScreen(terminal);

  screen.draw(['one', 'two', 'three']);
  screen.draw(['only']);

  expect(terminal.lines()).toEqual(['only', '']);
});

test('a line wider than the terminal is cut, not wrapped, and wrapping works again afterwards', () => {
  const terminal = new TinyTerminal(8, 10);
  const screen = openScreen(terminal);

  screen.draw(['far too wide', 'b']);
  screen.draw(['far too wide', 'c']);
  terminal.write('123456789');

  expect(terminal.lines()).toEqual(['far too ', 'c', '12345678', '9']);
});

test('a picture taller than the terminal shows its top', () => {
  const terminal = new TinyTerminal(8, 4);
  const screen = openScreen(terminal);

  screen.draw(['1', '2', '3', '4', '5', '6']);
  screen.draw(['a', 'b', 'c', 'd', 'e', 'f']);

  expect(terminal.lines()).toEqual(['a', 'b', 'c', '']);
});

test('the cursor is hidden while it is open and given back once', () => {
  const terminal = new TinyTerminal(8, 4);

  const screen = openScreen(terminal);
  expect(terminal.cursorShown).toBe(false);
  screen.close();
  screen.close();

  expect(terminal.cursorShown).toBe(true);
  expect(terminal.written.match(/\?25h/g)).toHaveLength(1);
});
