/**
 * Lets a caller's signal end the body of a response, as it does with a plain fetch.
 *
 * A pipeline lets go of the signal when the response is there, and its body may be read for minutes after that. The
 * signal may live as long as the process, and nobody says when a body is done with: so the signal holds it weakly, and
 * the listener goes when the body does.
 */

/** Who listens where, for a body: to be ended when nobody has that body any more. */
const forgotten = new FinalizationRegistry<() => void>((end) => end());
/** The controller lives as long as the body that it can abort. */
const controllers = new WeakMap<ReadableStream, AbortController>();

export function abortBodyWith(signal: AbortSignal, { body }: Response, controller: AbortController): void {
  if (body === null || signal.aborted) return; // an abort by now has been told by the pipeline
  controllers.set(body, controller);
  const weakly = new WeakRef(controller);
  const abort = (): void => weakly.deref()?.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  forgotten.register(body, () => signal.removeEventListener('abort', abort));
}
