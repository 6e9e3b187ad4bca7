/** A step: fall back to the next provider of the chain. It fails when all others have failed lately. */
import { perhapsNamed } from '../named.ts';
import type { RecoveryStep } from '../step.ts';

/** in  given   the component; default: the service.   throws  INVALID_OPTIONS */
export function nextProvider(given?: string): RecoveryStep {
  const of = perhapsNamed('step.nextProvider', given);
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
