/**
 * Let go of what a function of the application returned although nobody asked for it: should it be a promise, its
 * rejection must not end the process.
 */

/**
 * Total: never throws. What is awaited for once is awaited the language's way, so a promise of another realm, or
 * anything else with a `then`, is a promise here, also one whose `then` throws.
 *
 * in  onRejected  hears, at most once and in a later microtask, what it was rejected with; must not throw
 */
export function disown(value: unknown, onRejected: (error: unknown) => void = ignore): void {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return;
  new Promise((resolve) => resolve(value)).then(undefined, onRejected);
}

function ignore(): void {}
