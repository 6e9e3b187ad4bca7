/** Swallow the later rejection of something nobody waits for: an async function where an answer was expected. */
export function disown(value: unknown): void {
  try {
    if (typeof (value as { readonly then?: unknown } | null | undefined)?.then !== 'function') return;
    Promise.resolve(value).catch(() => {});
  } catch {
    // a `then` that throws when it is read: there is nothing to disown
  }
}
