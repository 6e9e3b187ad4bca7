/** How a bound address is written in a link, and what a `Host` header may call it. Pure. */
import type { Address } from '../../index.ts';

/** shape  { host: '0.0.0.0', port: 7433 } → 'http://127.0.0.1:7433';   { host: '::1', … } → 'http://[::1]:7433' */
export function urlOf(address: Address): string {
  return `http://${WILDCARDS.has(address.host) ? '127.0.0.1' : bracketed(address.host)}:${address.port}`;
}

/** out  lower case; with the port, and without where a browser leaves it out */
export function hostsOf(address: Address, allowedHosts: readonly string[]): Set<string> {
  const names = [...LOOPBACK_NAMES];
  if (!WILDCARDS.has(address.host)) names.push(bracketed(address.host).toLowerCase());
  const hosts = names.map((name) => `${name}:${address.port}`);
  return new Set([...hosts, ...(address.port === 80 ? names : []), ...allowedHosts]);
}

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
