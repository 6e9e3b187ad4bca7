/** What the pipeline of a rig shows of its policies: nothing, as a rig has the policies themselves. */
export const NONE_COUNTED = { retries: [], limiters: [], bulkheads: [], pools: [] };
