/**
 * In which order people hear of features that went off or came on together: as if the level had gone step by step, so
 * that nobody hears of a critical feature before a lesser one, nor of a need before what needs it. Pure.
 *
 * What a critical feature needs is as dear as it is: it went off with it, and not before.
 */
import type { Feature } from './feature.ts';

/**
 * Those that are off now come first: the lesser, then the dear, of either the first to go. Then those that are on, the
 * other way round.
 *
 * in      features   all there are, in the order they were made: what is needed before what needs it
 */
export function tellingOrder(features: readonly Feature[], changed: ReadonlySet<Feature>): readonly Feature[] {
  const dear = dearOf(features);
  const lastToGo = features
    .filter((feature) => changed.has(feature))
    .toSorted((a, b) => Number(dear.has(b)) - Number(dear.has(a)) || b.offFrom - a.offFrom); // stable: needs stay first
  return [...lastToGo.filter(({ isOn }) => !isOn).toReversed(), ...lastToGo.filter(({ isOn }) => isOn)];
}

function dearOf(features: readonly Feature[]): ReadonlySet<Feature> {
  const dear = new Set<Feature>();
  for (const feature of features.toReversed()) {
    if (feature.options.critical) dear.add(feature);
    if (dear.has(feature)) for (const need of feature.needs) dear.add(need);
  }
  return dear;
}
