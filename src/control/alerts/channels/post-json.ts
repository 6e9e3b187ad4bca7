/** Posts JSON as channels do; what comes back decides whether it was taken, and whether trying again makes sense. */
import { retryAfterMs } from '../../../core/retry-after-ms.ts';
import type { ChannelContext } from '../channel.ts';
import { ChannelError } from '../channel-error.ts';

/** Asks for less haste, or was too slow: everything else from 400 to 499 would be refused again. */
const WORTH_ANOTHER = new Set([408, 425, 429]);

/** throws  ChannelError for a status that is no 2xx · what `fetch` throws */
export async function postJson(
  url: string,
  body: object,
  { fetch, signal }: ChannelContext,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body, wellFormed),
    signal,
  });
  await response.body?.cancel(); // what it says besides is not ours to read
  if (response.ok) return;
  const { status, headers: answered } = response;
  throw new ChannelError(`answered ${status}`, {
    isFinal: status < 500 && !WORTH_ANOTHER.has(status),
    retryAfterMs: retryAfterMs(answered),
  });
}

/** Half a character is JSON and no text, and some refuse the whole of it. */
function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}
