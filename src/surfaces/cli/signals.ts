/**
 * Ctrl-C and its relatives: the first asks for a clean end, the second ends at once.
 *
 * The listeners stay until the process ends: a third Ctrl-C while the second is being served must not be news.
 */
const ASKED_TO_END = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** What a shell reports for a program ended by SIGINT. */
const INTERRUPTED = 130;

/**
 * in      onAgain   last words before the process ends: synchronous
 * out     aborts with the first signal
 */
export function endSignal(onAgain: () => void): AbortSignal {
  const end = new AbortController();
  for (const name of ASKED_TO_END) {
    process.on(name, () => {
      if (!end.signal.aborted) return end.abort(name);
      onAgain();
      process.exit(INTERRUPTED);
    });
  }
  return end.signal;
}
