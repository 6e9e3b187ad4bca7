/** The suites of the fused frame, once more over its slow twin: the same policies, as wrappers in the same order. */
import { describe, vi } from 'vitest';
import type * as Rig from '../support/pipeline-rig.ts';

vi.mock('../support/pipeline-rig.ts', async (original) => {
  const { inDefaultOrder, layeredRig } = await import('../support/layered-rig.ts');
  const pipelineRig: typeof Rig.pipelineRig = (options) => layeredRig(inDefaultOrder(options), options.vote);
  return { ...(await original<typeof Rig>()), pipelineRig };
});

describe('as an array', async () => {
  await import('./pipeline.test.ts');
  await import('./pipeline-retry.test.ts');
  await import('./pipeline-bulkhead.test.ts');
});
