/**
 * A channel that posts each notice as a CloudEvent, in structured mode. The event's id is the notice's, and so is the
 * header `idempotency-key`.
 *
 * source  CloudEvents 1.0.2, "JSON Event Format" and "HTTP Protocol Binding", https://cloudevents.io (2026-11)
 */
import { httpHeaders } from '../../../core/http-headers.ts';
import { httpUrl } from '../../../core/http-url.ts';
import { isoTime } from '../../../core/iso-time.ts';
import { parseSecret } from '../../../core/parse-secret.ts';
import { group, type z } from '../../../core/schema.ts';
import type { AlertChannel } from '../channel.ts';
import type { AlertNotice } from '../notice.ts';
import { channelShape } from './channel-shape.ts';
import { postJson } from './post-json.ts';

export const webhookOptions = group({
  /** Where the events are posted to. */
  url: httpUrl(),
  /** Headers besides, for example `authorization`; none of the connection's own, as `host` is. */
  headers: httpHeaders().default({}),
  ...channelShape('webhook'),
});
export type WebhookOptions = z.input<typeof webhookOptions>;

/** throws  INVALID_OPTIONS, which never says what address or headers were */
export function webhook(given: WebhookOptions): AlertChannel {
  const { url, headers, name, timeoutMs } = parseSecret(webhookOptions, given, 'webhook', ['url', 'headers']);
  const others = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]));
  return {
    name,
    timeoutMs,
    deliver: (notice, context) =>
      postJson(url, cloudEvent(notice), context, {
        ...others,
        'content-type': 'application/cloudevents+json',
        'idempotency-key': notice.id,
      }),
  };
}

function cloudEvent(notice: AlertNotice): object {
  return {
    specversion: '1.0',
    id: notice.id,
    source: `/holdfast/${encodeURIComponent(notice.runtime.toWellFormed())}`,
    type: `holdfast.alert.${notice.kind}.v1`,
    subject: notice.component,
    time: isoTime(notice.wallMs),
    datacontenttype: 'application/json',
    policyhash: notice.policyHash, // an extension's name has neither capitals nor hyphens
    data: notice,
  };
}
