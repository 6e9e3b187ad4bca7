/** A step: send the next calls to the provider of that name; they go back after the dwell and enough successes. */
import type { RecoveryStep } from '../step.ts';

/** in  of   the component; default: the service */
export function failOverTo(backup: string, of?: string): RecoveryStep {
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
