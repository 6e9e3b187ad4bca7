/** What an application gives by a service's name: how to find out whether it is well. */
import { callback, name, parseOptions } from '../../core/schema.ts';
import { put } from './put.ts';

export interface ProbeContext {
  readonly signal: AbortSignal;
  /** Where the calls of that component go now; undefined for one without providers. */
  readonly provider: string | undefined;
}
/** Not well is a service whose probe throws, rejects, or answers false, 'degraded' or 'unhealthy'. */
export type RecoveryProbe = (context: ProbeContext) => unknown;

const sourceName = name();
const probeFunction = callback<RecoveryProbe>('({ signal, provider }) => unknown');

export class Sources {
  readonly #probes = new Map<string, RecoveryProbe>();

  probe(service: string): RecoveryProbe | undefined {
    return this.#probes.get(service);
  }

  /** Returns the function that ends it. A second one for a name takes the place of the first. */
  setProbe(service: string, probe: RecoveryProbe): () => void {
    parseOptions(sourceName, service, 'recovery probe name');
    parseOptions(probeFunction, probe, `recovery probe "${service}"`);
    return put(this.#probes, service, probe, 'probes');
  }
}
