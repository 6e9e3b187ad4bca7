/** The entry of the store's threads. Their `workerData` says which of the two they are. */
import { storeCore } from './store-core.ts';

export default storeCore;
