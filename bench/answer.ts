/** The functions every race protects, so that all contestants call the same ones. */

export const ANSWER = { quote: 42 };
export const FALLBACK = { quote: 0 };
export const FAILURE = new Error('the upstream said no');

export async function succeed(): Promise<typeof ANSWER> {
  return ANSWER;
}

export async function fail(): Promise<typeof ANSWER> {
  throw FAILURE;
}

/** Asks whether it was aborted, as a function that heeds its signal does. */
export async function readSignal({ signal }: { readonly signal: AbortSignal }): Promise<typeof ANSWER> {
  return signal.aborted ? FALLBACK : ANSWER;
}

/** One async frame around the call: what any wrapper costs that does nothing. */
export async function inOneFrame(fn: () => Promise<typeof ANSWER>): Promise<typeof ANSWER> {
  return await fn();
}

/** The same thing written eight times: eight functions to the engine. */
export const EIGHT: readonly (() => Promise<typeof ANSWER>)[] = [
  async () => ANSWER,
  async () => ANSWER,
  async () => ANSWER,
  async () => ANSWER,
  async () => ANSWER,
  async () => ANSWER,
  async () => ANSWER,
  async () => ANSWER,
];
