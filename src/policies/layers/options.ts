/** The array form of a pipeline's options: one policy an element, the outermost first. */
import { group, z } from '../../core/schema.ts';
import { type PipelineOptions, pipelineOptions } from '../options.ts';

/** More than anybody orders by hand. */
const MAX_LAYERS = 32;

/** Where another would mean nothing, or nothing good. */
const ONCE = {
  breaker: 'the breaker has the name of the pipeline; another one is runtime.breaker(…) inside the function',
  totalTimeoutMs: 'there is one whole; timeoutMs may stand several times',
  meter: 'it charges for the whole call, wherever it stands',
  classify: 'it says what an error of the function counts for, wherever it stands',
} as const;

const layer = group(pipelineOptions.shape).refine((policies) => policiesOf(policies).length === 1, {
  error: `exactly one policy: one of ${Object.keys(pipelineOptions.shape).join(', ')}`,
});

export const pipelineLayers = z
  .array(layer, { error: `an array of at most ${MAX_LAYERS} policies` })
  .max(MAX_LAYERS, { error: `at most ${MAX_LAYERS} policies` })
  .superRefine((layers, context) => {
    for (const [policy, why] of Object.entries(ONCE)) {
      const places = layers.flatMap((each, place) => (policiesOf(each).includes(policy) ? [place] : []));
      if (places.length > 1)
        context.addIssue({ code: 'custom', path: [places[1]!], message: `no second ${policy}: ${why}` });
    }
  });

export type ResolvedPipelineLayer = z.output<typeof layer>;

type OneOf<T> = {
  [K in keyof T]-?: { readonly [P in K]-?: Exclude<T[K], undefined> } & { readonly [P in Exclude<keyof T, K>]?: never };
}[keyof T];

/** One policy, with its options. `F` is what the fallback gives. */
export type PipelineLayer<F = never> = OneOf<PipelineOptions<F>>;

function policiesOf(policies: object): string[] {
  return Object.entries(policies).flatMap(([policy, options]) => (options === undefined ? [] : [policy]));
}
