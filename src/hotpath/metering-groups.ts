/**
 * The names of metered records, interned: (tenant, operation, tier, agent) becomes one small number, a group.
 *
 * Bounded, because names come from outside. Half the numbers are kept for tenants: each has, from its first record on,
 * a group of its own for whatever finds no room, so one tenant that invents names never spoils another one's count. A
 * tenant too many goes to the tenant `__other`.
 */
import { type Branch, branch, childOf } from './metering-branch.ts';

/** Where records go whose names are no names, or too many. */
export const OTHER = '__other';
const MAX_NAME = 256;

/** The four names behind a group. */
export interface GroupNames {
  readonly tenant: string;
  readonly operation: string;
  readonly tier: string;
  readonly agent: string;
}

export class MeteringGroups {
  readonly #root: Branch = branch(0);
  readonly #names: GroupNames[] = [];
  #tenantsLeft: number;
  #detailsLeft: number;

  /** in  size   how many groups there can be, at least 4 */
  constructor(size: number) {
    this.#tenantsLeft = size >> 1;
    this.#detailsLeft = size - 1 - this.#tenantsLeft;
    this.#root.children.set(OTHER, branch(this.#number(OTHER, OTHER, OTHER, OTHER)));
  }

  /**
   * The group of these names; made on first use.
   *
   * in      anything: a name is a string of 1…256 characters, an agent may also be ''
   * out     without a tenant's name, the group of `__other`; with it but without another, the tenant's own rest
   */
  find(tenant: unknown, operation: unknown, tier: unknown, agent: unknown): number {
    const ofTenant = childOf(this.#root, tenant);
    if (ofTenant === undefined) return this.#add(tenant, operation, tier, agent);
    const ofOperation = childOf(ofTenant, operation);
    if (ofOperation === undefined) return this.#add(tenant, operation, tier, agent);
    const ofTier = childOf(ofOperation, tier);
    if (ofTier === undefined) return this.#add(tenant, operation, tier, agent);
    return childOf(ofTier, agent)?.group ?? this.#add(tenant, operation, tier, agent);
  }

  /** in  group   a number that `find` gave */
  namesOf(group: number): GroupNames {
    return this.#names[group]!;
  }

  #add(tenant: unknown, operation: unknown, tier: unknown, agent: unknown): number {
    const ofTenant = this.#tenant(tenant);
    if (!isName(tenant) || ofTenant.group === 0) return ofTenant.group;
    if (!isName(operation) || !isName(tier) || !(isName(agent) || agent === '')) return ofTenant.group;
    if (this.#detailsLeft === 0) return ofTenant.group;

    this.#detailsLeft--;
    const ofTier = grow(grow(ofTenant, operation), tier);
    const group = this.#number(tenant, operation, tier, agent);
    ofTier.children.set(agent, branch(group));
    return group;
  }

  #tenant(tenant: unknown): Branch {
    const known = isName(tenant) ? this.#root.children.get(tenant) : undefined;
    if (known !== undefined) return known;
    if (!isName(tenant) || this.#tenantsLeft === 0) return this.#root.children.get(OTHER)!;
    this.#tenantsLeft--;
    const ofTenant = branch(this.#number(tenant, OTHER, OTHER, OTHER));
    this.#root.children.set(tenant, ofTenant);
    return ofTenant;
  }

  #number(tenant: string, operation: string, tier: string, agent: string): number {
    return this.#names.push(Object.freeze({ tenant, operation, tier, agent })) - 1;
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME;
}

/** The child of that name, made if it is missing; its own group is that of the branch it hangs on. */
function grow(parent: Branch, name: string): Branch {
  let child = parent.children.get(name);
  if (child === undefined) parent.children.set(name, (child = branch(parent.group)));
  return child;
}
