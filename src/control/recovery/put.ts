/** Have something by a name, until it is taken back. The names are bounded, and a second one takes the place of the first. */
import { HoldfastError } from '../../core/errors.ts';

const MAX_SOURCES = 1_024;

/**
 * in      kind   what they are, for the error
 * out     takes it back, unless another one has its place
 * throws  CAPACITY_EXHAUSTED
 */
export function put<T>(sources: Map<string, T>, service: string, source: T, kind: string): () => void {
  if (!sources.has(service) && sources.size === MAX_SOURCES)
    throw new HoldfastError(
      'CAPACITY_EXHAUSTED',
      `recovery ${kind}: expected at most ${MAX_SOURCES}, received one more`,
      { component: `recovery ${kind}` },
    );
  sources.set(service, source);
  return () => {
    if (sources.get(service) === source) sources.delete(service);
  };
}
