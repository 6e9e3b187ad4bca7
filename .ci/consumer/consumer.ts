// The types of the installed package, as a strict application meets them: compiled in its folder, never run.
import { createRuntime, type HoldfastEvent, isHoldfastError, type Pipeline, type Runtime } from 'holdfast';
import { connectFeed } from 'holdfast/client';
import { serveFeed } from 'holdfast/feed';
import { createFetch } from 'holdfast/fetch';
import { createVirtualEnv } from 'holdfast/testing';

const runtime: Runtime = await createRuntime({ name: 'consumer', env: createVirtualEnv({ seed: 1 }) });
const quotes: Pipeline<string> = runtime.pipeline('quotes', { breaker: {}, fallback: () => 'last known' });
export const quote: string | number = await quotes.execute(async () => 5);
runtime.events.on('breaker.transitioned', (event: HoldfastEvent<'breaker.transitioned'>) => event.rule.length);
const { url, token } = await serveFeed(runtime);
using client = connectFeed({ url, token });
await client.waitFor((state) => state.health['system']?.status === 'healthy');
export const response: Response = await createFetch(runtime.pipeline('fetch'))('http://127.0.0.1:7433');
export const isOurs: boolean = isHoldfastError(new Error('other'));
