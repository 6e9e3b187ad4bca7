/** A step: fall back to the next provider of the chain. It fails when all others have failed lately. */
import type { RecoveryStep } from '../step.ts';

/** in  of   the component; default: the service */
export function nextProvider(of?: string): RecoveryStep {
  return {
    name: 'nextProvider',
    run: ({ service, providers, reason }) => {
      const component = of ?? service;
      const chain = providers(component);
      if (chain === undefined) throw new Error(`expected providers of "${component}", found none`);
      if (!chain.next({ by: 'recovery', reason }))
        throw new Error(`expected another provider of "${component}" that did not fail lately, found none`);
    },
  };
}
