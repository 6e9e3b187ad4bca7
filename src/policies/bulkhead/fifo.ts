/** A line of nodes that are their own links: joining and leaving, from anywhere in it, move four references. */

export interface Linked<T> {
  /** Both null outside a line, and for the only one in it. Written by the line alone. */
  ahead: T | null;
  behind: T | null;
}

export class Fifo<T extends Linked<T>> {
  #first: T | null = null;
  #last: T | null = null;

  get first(): T | null {
    return this.#first;
  }

  /** in  node  in no line */
  push(node: T): void {
    const last = this.#last;
    if (last === null) this.#first = node;
    else last.behind = node;
    node.ahead = last;
    this.#last = node;
  }

  /** in  node  in this line */
  remove(node: T): void {
    const { ahead, behind } = node;
    if (ahead === null) this.#first = behind;
    else ahead.behind = behind;
    if (behind === null) this.#last = ahead;
    else behind.ahead = ahead;
    node.ahead = node.behind = null;
  }
}
