/** A step: send the next calls to the provider of that name; they go back after the dwell and enough successes. */
import { named, perhapsNamed } from '../named.ts';
import type { RecoveryStep } from '../step.ts';

/** in  given   the component; default: the service.   throws  INVALID_OPTIONS */
export function failOverTo(to: string, given?: string): RecoveryStep {
  const backup = named('step.failOverTo', to);
  const of = perhapsNamed('step.failOverTo component', given);
  return {
    name: 'failOverTo',
    run: ({ service, providers, reason }) => {
      const component = of ?? service;
      const chain = providers(component);
      if (chain === undefined) throw new Error(`expected providers of "${component}", found none`);
      chain.failover(backup, { by: 'recovery', reason });
    },
  };
}
