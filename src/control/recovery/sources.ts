/** What an application gives by a service's name: how to find out whether it is well, and how to bring its state back. */
import { HoldfastError } from '../../core/errors.ts';
import { callback, having, name, parseOptions } from '../../core/schema.ts';

const MAX_SOURCES = 1_024;

export interface ProbeContext {
  readonly signal: AbortSignal;
  /** Where the calls of that component go now; undefined for one without providers. */
  readonly provider: string | undefined;
}
/** Not well is a service whose probe throws, rejects, or answers false, 'degraded' or 'unhealthy'. */
export type RecoveryProbe = (context: ProbeContext) => unknown;

/** How to write down the application's state, and how to bring it back. */
export interface Checkpoint<T = unknown> {
  checkpoint(): T | Promise<T>;
  restore(state: T): void | Promise<void>;
}

export interface TakenCheckpoint {
  /** Write the state down, now; the last one counts. Rejects with what the application's function throws. */
  take(): Promise<void>;
  /** Forget it. */
  end(): void;
}

const sourceName = name();
const probeFunction = callback<RecoveryProbe>('({ signal, provider }) => unknown');
const checkpointPair = having({ checkpoint: callback('() => state'), restore: callback('(state) => void') });

interface Taken {
  readonly pair: Checkpoint;
  /** The state of the last checkpoint; undefined before the first. */
  last: { readonly state: unknown } | undefined;
}

export class Sources {
  readonly #probes = new Map<string, RecoveryProbe>();
  readonly #checkpoints = new Map<string, Taken>();

  probe(service: string): RecoveryProbe | undefined {
    return this.#probes.get(service);
  }

  /** Returns the function that ends it. A second one for a name takes the place of the first. */
  setProbe(service: string, probe: RecoveryProbe): () => void {
    parseOptions(sourceName, service, 'recovery probe name');
    parseOptions(probeFunction, probe, `recovery probe "${service}"`);
    return put(this.#probes, service, probe, 'probes');
  }

  setCheckpoint(service: string, pair: Checkpoint): TakenCheckpoint {
    parseOptions(sourceName, service, 'recovery checkpoint name');
    parseOptions(checkpointPair, pair, `recovery checkpoint "${service}"`);
    const taken: Taken = { pair, last: undefined };
    const end = put(this.#checkpoints, service, taken, 'checkpoints');
    const take = async (): Promise<void> => void (taken.last = { state: await pair.checkpoint() });
    return { take, end };
  }

  /** throws  what the application's function throws, and where there is nothing to bring back */
  async restore(service: string): Promise<void> {
    const taken = this.#checkpoints.get(service);
    if (taken === undefined) throw new Error(`expected a checkpoint of "${service}", found none`);
    const { pair, last } = taken;
    if (last === undefined) throw new Error(`expected a checkpoint of "${service}" that was taken, found none`);
    await pair.restore(last.state);
  }
}

function put<T>(sources: Map<string, T>, service: string, source: T, kind: string): () => void {
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
