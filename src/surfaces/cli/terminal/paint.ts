/** Colour for the terminal, as a function: a table is drawn with `plain` or `colour` and never asks which. */
import { styleText } from 'node:util';

export type Tone = 'strong' | 'quiet' | 'good' | 'warn' | 'bad';
export type Paint = (tone: Tone, text: string) => string;

export const plain: Paint = (_tone, text) => text;

export const colour: Paint = (tone, text) => styleText(FORMATS[tone], text, { validateStream: false });

const FORMATS = { strong: 'bold', quiet: 'dim', good: 'green', warn: 'yellow', bad: 'red' } as const;

/** Colour only on a terminal, and not where the user has set NO_COLOR (no-color.org) to anything. */
export function paintFor(stream: { readonly isTTY?: boolean }, noColor: string | undefined): Paint {
  return stream.isTTY === true && !noColor ? colour : plain;
}
