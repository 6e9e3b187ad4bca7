/** An option for headers of the application's own. */
import { z } from './schema.ts';

export function httpHeaders() {
  return z
    .record(z.string(), z.string({ error: 'a text' }), { error: 'an object of header values' })
    .refine(areHeaders, { error: 'names and values that HTTP allows' });
}

function areHeaders(headers: Readonly<Record<string, string>>): boolean {
  try {
    void new Headers(headers);
    return true;
  } catch {
    return false;
  }
}
