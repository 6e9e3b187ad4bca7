/**
 * The built page, read into memory once: what `serveFeed` serves beside the socket. Its names are fixed by the build,
 * so no request ever becomes a path on disk.
 */
import { readFile, readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PageFile } from '../feed/serve-feed.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * in      folder   of the build; the package's own unless given
 * out     path → file, '/' being the page itself; null when the page has not been built (a checkout before `build`)
 */
export async function readPage(folder: string = builtPage()): Promise<ReadonlyMap<string, PageFile> | null> {
  const names = await filesBelow(folder);
  if (names === null) return null;
  const files = new Map<string, PageFile>();
  for (const name of names) {
    const path = `/${relative(folder, name).split(sep).join('/')}`;
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    files.set(path === '/index.html' ? '/' : path, { type, body: await readFile(name) });
  }
  return files;
}

async function filesBelow(folder: string): Promise<string[] | null> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The build is in dist/page: from the sources three folders up and down again, once built right beside this file. */
function builtPage(): string {
  const folder = import.meta.url.endsWith('.ts') ? '../../../dist/page' : './page';
  return fileURLToPath(new URL(folder, import.meta.url));
}
