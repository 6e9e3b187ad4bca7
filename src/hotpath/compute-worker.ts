/** The entry of a compute worker's thread. Its `workerData` is the runtime's shared memory. */
import { workerData } from 'node:worker_threads';
import type { SharedMemory } from './memory.ts';
import { workerCore } from './worker-core.ts';

export default workerCore(workerData as SharedMemory);
