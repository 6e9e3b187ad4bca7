/** Lists are cut where a person would stop reading; what was left out is said, not dropped silently. */
export const MOST_ROWS = 50;

export function More({ of, shown }: { readonly of: number; readonly shown: number }) {
  return of > shown ? <p class="quiet more">and {of - shown} more</p> : null;
}
