/** The children of one group of the tree, by id: what a fresh incarnation of the group starts with. */
import type { ResolvedSpec, Roster, RosterEntry } from './supervisor/child-spec.ts';

export interface Member extends RosterEntry {
  /** Settles with the member's first start. */
  readonly ready: Promise<void>;
}

export class GroupRoster implements Roster {
  readonly #members = new Map<string, Member>();

  add(spec: ResolvedSpec): Member {
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    ready.catch(() => {}); // not everyone waits for it; who does hears of it all the same
    const member: Member = { spec, ready, reply: (error) => (error === undefined ? resolve() : reject(error)) };
    this.#members.set(spec.id, member);
    return member;
  }

  has(id: string): boolean {
    return this.#members.has(id);
  }

  /** Whether it is still this member that bears its id. */
  holds(member: Member): boolean {
    return this.#members.get(member.spec.id) === member;
  }

  *entries(): Generator<RosterEntry> {
    for (const { spec, reply } of this.#members.values()) yield { spec, reply };
  }

  removed(id: string): void {
    this.#members.delete(id);
  }

  /** Nothing will be started any more. */
  close(error: Error): void {
    for (const { reply } of this.#members.values()) reply(error);
    this.#members.clear();
  }
}
