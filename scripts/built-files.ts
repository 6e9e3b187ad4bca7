/**
 * What of the build runs, found from the entries of package.json: the files they import, and those they start as a
 * thread or a process. Each names the others by a path beside itself, so a worker that would not be found is one that
 * is expected and missing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';

const BESIDE = /"(\.\/[\w-]+\.js)"/g;

/**
 * in      root      the package's folder
 *         entries   paths in it; all that package.json has, unless given
 * out     paths in it, also of files that are not there
 * shape   builtFiles('.') → Set { 'dist/index.js', 'dist/errors.js', … }
 */
export function builtFiles(root: string, entries: readonly string[] = entriesOf(root)): ReadonlySet<string> {
  const found = new Set(entries);
  for (const path of found) {
    if (!existsSync(join(root, path))) continue;
    const source = readFileSync(join(root, path), 'utf8');
    for (const [, beside = ''] of source.matchAll(BESIDE)) found.add(join(dirname(path), beside));
  }
  return found;
}

function entriesOf(root: string): readonly string[] {
  const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const targets = [bin, exports].flatMap(stringsIn).map((target) => join(target));
  return targets.filter((target) => target.endsWith('.js'));
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
