import type { Env } from './core/env.ts';

/** From one look to the next. A call says nothing when it ends: nobody pays for it but who waits. */
const LOOK_MS = 10;

/** Resolves when nothing is in flight any more, or after so long. Its timer keeps the process alive. */
export async function drained(env: Env, inFlight: () => number, budgetMs: number): Promise<void> {
  const until = env.now() + budgetMs;
  for (;;) {
    const left = until - env.now();
    if (left <= 0 || inFlight() === 0) return;
    await new Promise<void>((resolve) => void env.setTimer(resolve, Math.min(LOOK_MS, left), true));
  }
}
