/** One level of the tree of metered names. It remembers the child it gave last: the next record often asks for it. */

export interface Branch {
  readonly group: number;
  readonly children: Map<unknown, Branch>;
  lastName: unknown;
  last: Branch | undefined;
}

export function branch(group: number): Branch {
  return { group, children: new Map(), lastName: undefined, last: undefined };
}

/** in  name   anything; what is no name has no child */
export function childOf(parent: Branch, name: unknown): Branch | undefined {
  if (name === parent.lastName) return parent.last;
  const child = parent.children.get(name);
  if (child !== undefined) {
    parent.lastName = name;
    parent.last = child;
  }
  return child;
}
