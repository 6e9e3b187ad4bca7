/**
 * Decide who may in, from the head of a request alone: before a byte of a body is read, before an upgrade is done.
 * Pure. The server asks, for requests and upgrades alike; `test/surfaces/feed/admit.test.ts` is its table.
 */

/** What the client must offer as subprotocol, and what the server selects. */
export const PROTOCOL = 'holdfast.v1';
export const FEED_PATH = '/feed';

export interface RequestFacts {
  readonly method: string;
  /** As sent: path and query. */
  readonly target: string;
  /** Undefined when absent, and when sent twice. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** The tokens it carries; see `givenTokens`. */
  readonly tokens: readonly string[];
  /** The subprotocols it offers. */
  readonly protocols: readonly string[];
  readonly upgrade: boolean;
  readonly body: boolean;
  /** Its address has guessed too often. */
  readonly exhausted: boolean;
}

export interface AdmissionRules {
  /** Lower case, with port: what a `Host` may say. Keeps out names that were rebound to our address. */
  readonly hosts: ReadonlySet<string>;
  /** Origins beside our own. */
  readonly origins: ReadonlySet<string>;
  /** Paths of the page's files: they hold no state and need no token. */
  readonly files: { has(path: string): boolean };
  readonly isToken: (given: string) => boolean;
}

/**
 * out     101 join the feed · 200 give the file · else the status to refuse with
 *         421 Host · 403 Origin or Sec-Fetch-Site · 405 method · 413 body · 400 target, or a token in the query, or no
 *         `holdfast.v1` · 429 too many guesses · 401 token · 404 path · 426 not an upgrade
 */
export function admit(facts: RequestFacts, rules: AdmissionRules): number {
  const host = facts.host?.toLowerCase();
  if (host === undefined || !rules.hosts.has(host)) return 421;

  const listed = facts.origin !== undefined && rules.origins.has(facts.origin);
  if (facts.origin !== undefined && facts.origin !== `http://${host}` && !listed) return 403;
  if (facts.fetchSite !== undefined && !OWN_SITES.has(facts.fetchSite) && !listed) return 403;

  if (facts.method !== 'GET' && facts.method !== 'HEAD') return 405;
  if (facts.body) return 413;
  if (!facts.target.startsWith('/') || hasTokenInQuery(facts.target)) return 400;

  const path = pathOf(facts.target);
  if (!facts.upgrade && rules.files.has(path)) return 200;

  if (facts.tokens.length > 0 && facts.exhausted) return 429;
  if (facts.tokens.length === 0 || !facts.tokens.every(rules.isToken)) return 401;

  if (path !== FEED_PATH) return 404;
  if (!facts.upgrade) return 426;
  return facts.protocols.includes(PROTOCOL) ? 101 : 400;
}

const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none']);
const TOKEN_PARAMETERS: ReadonlySet<string> = new Set(['token', 'access_token', 'auth', 'authorization']);

/** shape  pathOf('/app.js?v=2') → '/app.js' */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** Refused even where no token is needed: addresses end in histories, logs and referrers. */
function hasTokenInQuery(target: string): boolean {
  const query = target.indexOf('?');
  if (query === -1) return false;
  return [...new URLSearchParams(target.slice(query)).keys()].some((key) => TOKEN_PARAMETERS.has(key.toLowerCase()));
}
