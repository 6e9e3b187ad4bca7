/** An option that says where something is posted to. A password in it would show wherever an address is shown. */
import { z } from './schema.ts';

export function httpUrl(): z.ZodString {
  return z
    .string({ error: 'an http or https URL' })
    .refine(isHttpUrl, { error: 'an http or https URL without a password' });
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}
