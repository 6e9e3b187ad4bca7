/**
 * A sink that posts usage as CloudEvents over HTTP: one event for each batch, in structured mode.
 *
 * The event's id is the batch's, and so is the header `idempotency-key`: who has seen it answers 2xx and forgets it.
 *
 * source  CloudEvents 1.0.2, "JSON Event Format" and "HTTP Protocol Binding", https://cloudevents.io (2026-11)
 */
import { httpHeaders } from '../../core/http-headers.ts';
import { httpUrl } from '../../core/http-url.ts';
import { isoTime } from '../../core/iso-time.ts';
import { parseSecret } from '../../core/parse-secret.ts';
import { retryAfterMs } from '../../core/retry-after-ms.ts';
import { group, integer, milliseconds, name, z } from '../../core/schema.ts';
import type { UsageBatch } from './usage-batch.ts';
import type { UsageSink } from './usage-sink.ts';

const TYPE = 'holdfast.metering.usage.v1';
const SINK_NAME = 'a name of 1 to 128 characters';

export const cloudEventsSinkOptions = group({
  /** Where the events are posted to. */
  url: httpUrl(),
  /** Headers besides, for example `authorization`; none of the connection's own, as `host` is. */
  headers: httpHeaders().default({}),
  /** What the sink is called; unique among the sinks. */
  name: z
    .string({ error: SINK_NAME })
    .min(1, { error: SINK_NAME })
    .max(128, { error: SINK_NAME })
    .default('cloudevents'),
  /** The events' `source`, a URI reference. Default: `/holdfast/` and the runtime's name. */
  source: name().optional(),
  /** Lines of one event, at most. */
  batchLines: integer(1, 10_000).default(100),
  /** How long one attempt may take. */
  timeoutMs: milliseconds(1, 600_000).default(10_000),
});

export type CloudEventsSinkOptions = z.input<typeof cloudEventsSinkOptions>;

/** throws  INVALID_OPTIONS, which never says what address or headers were */
export function cloudEventsSink(given: CloudEventsSinkOptions): UsageSink {
  const { url, headers, name, source, batchLines, timeoutMs } = parseSecret(
    cloudEventsSinkOptions,
    given,
    'cloudEventsSink',
    ['url', 'headers'],
  );
  const others = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]));
  return {
    name,
    batchLines,
    timeoutMs,
    deliver: async (batch, { fetch, signal }) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...others, 'content-type': 'application/cloudevents+json', 'idempotency-key': batch.id },
        body: JSON.stringify(cloudEvent(batch, source)),
        signal,
      });
      await response.body?.cancel(); // what it says besides is not ours to read
      if (!response.ok) throw notTaken(name, response);
    },
  };
}

/** The same batch is the same event, to the byte. */
function cloudEvent(
  batch: UsageBatch,
  source = `/holdfast/${encodeURIComponent(batch.runtime.toWellFormed())}`,
): object {
  return {
    specversion: '1.0',
    id: batch.id,
    source,
    type: TYPE,
    time: isoTime(batch.windowStartWallMs),
    datacontenttype: 'application/json',
    policyhash: batch.policyHash, // an extension's name has neither capitals nor hyphens
    data: batch,
  };
}

/** Only the courier reads it, and a person. */
function notTaken(sink: string, response: Response): Error {
  const error = new Error(`sink "${sink}": expected a status of 200 to 299, received ${response.status}`);
  return Object.assign(error, { retryAfterMs: retryAfterMs(response.headers) });
}
