/** A step: let the breaker find out. It is put to half-open and called with the service's probe until it decides. */
import { perhapsNamed } from '../named.ts';
import type { RecoverableBreaker, RecoveryStep, StepContext } from '../step.ts';

const BY = 'recovery';

/** in  given   the breaker's name; default: the service's.   throws  INVALID_OPTIONS */
export function probeBreaker(given?: string): RecoveryStep {
  const of = perhapsNamed('step.probeBreaker', given);
  return {
    name: 'probeBreaker',
    // An opening lasts as long as the upstream asked for: nobody but a person probes before its end.
    waitMs: ({ service, breaker }) => breaker(of ?? service)?.snapshot().remainingOpenMs ?? 0,
    run: (context) => probe(context, of ?? context.service),
  };
}

async function probe({ breaker: find, probe: probeOf, signal, reason }: StepContext, name: string): Promise<void> {
  const breaker = find(name);
  const call = probeOf(name);
  if (breaker === undefined) throw new Error(`expected a breaker "${name}", found none`);
  if (!mayCall(breaker) && breaker.state === 'open') breaker.probe({ by: BY, reason });
  while (mayCall(breaker)) {
    if (call === undefined) throw new Error(`expected a probe or a health check "${name}" to call with, found none`);
    // One after the other: each success uses up a permit, so this ends. Out of permits it is rejected: others probe.
    await breaker.execute(() => call(signal), { signal });
    signal.throwIfAborted();
  }
  if (breaker.state === 'open' || breaker.state === 'forcedOpen')
    throw new Error(`expected breaker "${name}" to close, found it ${breaker.state}`);
}

/** A breaker whose opening is over goes to half-open by the call itself, as it would by anybody's. */
function mayCall(breaker: RecoverableBreaker): boolean {
  return breaker.state === 'halfOpen' || (breaker.state === 'open' && breaker.snapshot().remainingOpenMs === 0);
}
