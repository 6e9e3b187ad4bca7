/**
 * The kernel: arithmetic over the shared memory, the same module in the thread and in every worker.
 *
 * It has no state: no heap, statics, data segments or mutable globals, which two instances over one memory would
 * overwrite for each other. `scripts/check-wat.ts` looks for them.
 */
export { score } from './score';
export { drain } from './meter';
