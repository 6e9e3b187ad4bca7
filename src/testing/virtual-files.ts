/** Files in a map: whole texts by path, for as long as the Env lives. How full the disk is, a test says. */
import type { Files } from '../core/env.ts';

/** in  freeShare   asked anew each time */
export function virtualFiles(freeShare: () => number): Files {
  const texts = new Map<string, string>();
  return {
    readText: async (path) => {
      const text = texts.get(path);
      if (text === undefined) throw noSuchFile(path);
      return text;
    },
    writeText: async (path, text) => void texts.set(path, text),
    remove: async (path) => void texts.delete(path),
    freeShare: async () => freeShare(),
  };
}

function noSuchFile(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT', path });
}
