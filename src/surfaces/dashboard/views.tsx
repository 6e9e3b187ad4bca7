/** The two views of the page, and the way from one to the other. */
import type { Live, View } from './live.ts';

const VIEWS: readonly View[] = ['overview', 'charts'];

export function Views({ view }: { readonly view: Live['view'] }) {
  return (
    <nav aria-label="Views">
      {VIEWS.map((each) => (
        <button key={each} type="button" aria-pressed={view.value === each} onClick={() => void (view.value = each)}>
          {each}
        </button>
      ))}
    </nav>
  );
}
