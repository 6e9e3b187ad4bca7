/** Paths to a tree: `root/surfaces/feed` hangs below `root/surfaces`. Pure. */

export interface Branch<T> {
  readonly path: string;
  /** The last part of the path. */
  readonly id: string;
  /** Undefined for a path that was only ever a prefix. */
  readonly value: T | undefined;
  readonly below: readonly Branch<T>[];
}

/** out  the branches without a parent, each level in the order in which it was given */
export function treeOf<T>(byPath: Readonly<Record<string, T>>): readonly Branch<T>[] {
  const known = new Map<string, { path: string; id: string; value: T | undefined; below: Branch<T>[] }>();
  const top: Branch<T>[] = [];

  function branch(path: string) {
    let found = known.get(path);
    if (found) return found;
    const cut = path.lastIndexOf('/');
    found = { path, id: path.slice(cut + 1), value: undefined, below: [] };
    known.set(path, found);
    (cut < 0 ? top : branch(path.slice(0, cut)).below).push(found);
    return found;
  }

  for (const [path, value] of Object.entries(byPath)) branch(path).value = value;
  return top;
}
