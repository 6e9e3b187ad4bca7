/**
 * The key to the feed comes in the address's fragment, which no server sees. It is taken out of the address bar at
 * once, so that a shared screen or a copied address does not give it away, and kept for this tab's reloads only.
 */
const KEY = 'holdfast.token';

/** The parts of the browser this needs. */
export interface Tab {
  readonly location: { readonly hash: string; readonly pathname: string; readonly search: string };
  readonly history: { replaceState(data: null, unused: string, url: string): void };
  readonly sessionStorage: { getItem(key: string): string | null; setItem(key: string, value: string): void };
}

/** out  the token, or null when the page was opened without one */
export function takeToken({ location, history, sessionStorage }: Tab): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (!given) return sessionStorage.getItem(KEY);
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, '', location.pathname + location.search);
  return given;
}
