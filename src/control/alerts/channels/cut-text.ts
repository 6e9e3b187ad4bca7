/**
 * Text of no more than a certain length, as the other side counts it: after escaping.
 *
 * in      most     UTF-16 units, which is never fewer than characters
 *         written  how a character is written there; default: as it is
 * out     the beginning, in whole characters each of which is written whole
 * shape   cutText('a&b', 5, escaped) → 'a' and not 'a&amp' · cutText('😀😀', 3) → '😀'
 */
export function cutText(text: string, most: number, written: (character: string) => string = asItIs): string {
  let cut = '';
  for (const character of text) {
    const next = written(character);
    if (cut.length + next.length > most) break;
    cut += next;
  }
  return cut;
}

function asItIs(character: string): string {
  return character;
}
