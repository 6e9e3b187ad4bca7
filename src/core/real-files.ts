/** Small text files, replaced as a whole. The real Env's `files`. */
import { open, readFile, rename, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Files } from './env.ts';

let lastTemporary = 0;

export const realFiles: Files = {
  readText: (path) => readFile(path, 'utf8'),
  writeText,
  remove: (path) => rm(path, { force: true }),
  freeShare,
};

async function freeShare(path: string): Promise<number> {
  const { bavail, blocks } = await statfs(path);
  return blocks === 0 ? 0 : bavail / blocks; // a file system of the kernel's own has no room at all
}

async function writeText(path: string, text: string, mode?: number): Promise<void> {
  // In the same folder, because a rename is atomic only inside one file system.
  const temporary = `${path}.${process.pid}-${++lastTemporary}.tmp`;
  try {
    await writeDurably(temporary, text, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeDurably(path: string, text: string, mode: number | undefined): Promise<void> {
  const file = await open(path, 'w', mode);
  try {
    if (mode !== undefined) await file.chmod(mode); // `open` lets the umask take bits away
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the rename itself durable. Windows can't open a folder, and needs no such thing. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
