/** What a probe of the application's answered, where it did not throw. */
import { describe } from '../../core/describe.ts';

const NOT_WELL: ReadonlySet<unknown> = new Set([false, 'degraded', 'unhealthy']);

/** Any other answer will do: most probes have none. throws  where it says that something is not well */
export function mustBeWell(answer: unknown): void {
  if (NOT_WELL.has(answer)) throw new Error(`expected the service to be well, received ${describe(answer)}`);
}
