/** Good or bad news as a shape: readable without colour, and beside its word always. A breaker's has its own marks. */
import { StateMark, type BreakerState } from './state-mark.tsx';
import type { Readings } from './live.ts';
import { toneOf, type Tone } from './tones.ts';

export function HappeningMark({ kind, became }: Pick<Readings['timeline'][string], 'kind' | 'became'>) {
  if (kind === 'breaker' || (kind === 'foreign' && became !== 'unknown'))
    return <StateMark state={became as BreakerState} />;
  const tone = toneOf(kind, became);
  return (
    <svg class={`mark tone-${tone}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[tone]} />
    </svg>
  );
}

const SHAPES: Readonly<Record<Tone, string>> = {
  good: 'M2.5 8.8l3.7 3.7 7.3-8.4',
  warn: 'M8 2.8l6 10.6H2z',
  bad: 'M3.2 3.2l9.6 9.6M12.8 3.2l-9.6 9.6',
  idle: 'M3 8h10',
};
