/** A breaker's state as a shape: readable without colour, and beside its word always. */
import type { Readings } from './live.ts';

export type BreakerState = Readings['breakers'][string]['state'];

export function StateMark({ state }: { readonly state: BreakerState }) {
  return (
    <svg class={`mark state-${state}`} viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[state]}
    </svg>
  );
}

const RING = 'M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11z';

const SHAPES = {
  closed: <path class="filled" d={RING} />,
  halfOpen: (
    <>
      <path d={RING} />
      <path class="filled" d="M8 2.5a5.5 5.5 0 0 1 0 11z" />
    </>
  ),
  open: <path d={RING} />,
  forcedOpen: <path d={`${RING}M4.2 4.2l7.6 7.6`} />,
  disabled: <path d="M3 8h10" />,
  metricsOnly: <path d={RING} stroke-dasharray="2 2.3" />,
};
