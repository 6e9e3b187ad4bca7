/** The options of `serveFeed`: types, defaults, bounds. */
import { flag, group, integer, milliseconds, z } from '../../core/schema.ts';

/** One file of the page, served at its path in `files` without a token: it must hold no state. */
export interface PageFile {
  /** The `Content-Type`, e.g. `text/html; charset=utf-8`. */
  readonly type: string;
  readonly body: string | Uint8Array;
}

const TOKEN = 'a token of 32 to 256 characters of A-Z a-z 0-9 - _';
const ORIGIN = 'an origin, e.g. "https://status.example.com"';
const HOST = 'a Host header in lower case, e.g. "status.example.com" or "status.example.com:8443"';
const LOOPBACK =
  'a loopback address; another one needs allowRemote: true, and trustProxy: true because a proxy in front must end TLS';

export const feedOptions = group({
  /** The address to bind. The feed shows what an application does: by default only to its own machine. */
  host: z.string({ error: LOOPBACK }).min(1, { error: LOOPBACK }).max(253, { error: LOOPBACK }).default('127.0.0.1'),
  /** 0 lets the system choose. */
  port: integer(0, 65_535).default(7433),
  /** Who has it may watch. Made anew (256 random bits) when not given. */
  token: z
    .string({ error: TOKEN })
    .regex(/^[A-Za-z0-9_-]{32,256}$/, { error: TOKEN })
    .optional(),
  /** Origins of pages served elsewhere that may connect; the feed's own is always one. */
  allowedOrigins: z
    .array(z.string({ error: ORIGIN }).refine(isOrigin, { error: ORIGIN }))
    .max(64)
    .default([]),
  /** Names this feed is reached by, beside loopback and `host`: what the proxy sends as `Host`. */
  allowedHosts: z
    .array(z.string({ error: HOST }).regex(/^[a-z0-9.:[\]-]{1,260}$/, { error: HOST }))
    .max(64)
    .default([]),
  allowRemote: flag().default(false),
  /** A proxy that ends TLS stands in front: the last `X-Forwarded-For` is the client's address. */
  trustProxy: flag().default(false),
  /** How often the readings are compared while someone watches. */
  intervalMs: milliseconds(10, 10_000).default(250),
  maxClients: integer(1, 1_024).default(64),
  /** The page, by path, e.g. `/` and `/app.js`. */
  files: z
    .custom<ReadonlyMap<string, PageFile>>(isFiles, { error: 'a Map of paths to { type, body }' })
    .default(new Map()),
}).superRefine((options, context) => {
  if (isLoopback(options.host) || (options.allowRemote && options.trustProxy)) return;
  context.addIssue({ code: 'custom', path: ['host'], message: LOOPBACK });
});

export type FeedOptions = z.input<typeof feedOptions>;
export type ResolvedFeedOptions = z.output<typeof feedOptions>;

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && text !== 'null';
}

function isFiles(value: unknown): boolean {
  return value instanceof Map && [...value].every(([path, file]) => isPath(path) && isFile(file));
}

function isPath(path: unknown): boolean {
  return typeof path === 'string' && path.startsWith('/') && !path.includes('?');
}

function isFile(file: unknown): boolean {
  if (typeof file !== 'object' || file === null || !('type' in file) || !('body' in file)) return false;
  return typeof file.type === 'string' && (typeof file.body === 'string' || file.body instanceof Uint8Array);
}
