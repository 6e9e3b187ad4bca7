/**
 * What can be supervised, and how: an actor, a resource, or another supervisor. Defaults are OTP's.
 *
 * A spec is checked once, before it reaches a supervisor: a supervisor that is at work meets no bad spec.
 */
import type { AnyActorLogic, InputFrom, Snapshot } from 'xstate';
import { HoldfastError, invalidOptions } from '../../src/core/errors.ts';
import { resolveFlags, type Flags } from './flags.ts';
import { type LastGood, resolveLastGood } from './last-good.ts';
import { RESTARTS, type Restart } from './strategy.ts';

interface Supervised {
  /** Unique among its siblings; 1…256 characters. */
  readonly id: string;
  readonly restart?: Restart;
  /** How long it may take to end when asked, Infinity for as long as it likes; `brutal` does not ask. */
  readonly shutdownMs?: number | 'brutal';
  /** Its end counts for the supervisor's `autoShutdown`. Only for a transient or temporary child. */
  readonly significant?: boolean;
}

export interface ActorSpec<L extends AnyActorLogic = AnyActorLogic> extends Supervised {
  /** Asked to end with `{ type: 'supervisor.shutdown' }`; a machine with no edge for it is stopped at once. */
  readonly logic: L;
  readonly input?: InputFrom<L>;
  /** The state each new incarnation begins in, instead of the initial one. */
  readonly snapshot?: () => Snapshot<unknown> | undefined;
  /** After a crash begin where the last life stood before it, as often as this says. Without it: a clean start. */
  readonly lastGood?: Partial<LastGood>;
}

export interface ResourceScope {
  /** Say that the resource has failed after its start: it is stopped, and the supervisor decides. */
  fail(error: unknown): void;
}

export interface ResourceSpec<R = unknown> extends Supervised {
  start(scope: ResourceScope): R | Promise<R>;
  /** Also called for a resource that failed, or that came too late to be of use. */
  stop(resource: R): void | Promise<void>;
}

export interface SupervisorSpec extends Supervised, Partial<Flags> {
  readonly type: 'supervisor';
  /** Started in this order with the supervisor; when one does not start, the supervisor has not. */
  readonly children?: readonly ChildSpec[];
  readonly roster?: Roster;
}

/** Dynamic children that outlive their supervisor: OTP forgets them when it is restarted. */
export interface Roster {
  /** What a fresh supervisor starts once it runs: neither awaited nor fatal. */
  entries(): Iterable<RosterEntry>;
  /** The child has been removed, by its own restart type or by hand. */
  removed(id: string): void;
}

export interface RosterEntry {
  readonly spec: ResolvedSpec;
  /** Called when its start is over; again whenever the supervisor has been restarted. */
  readonly reply: (error?: Error) => void;
}

export type ChildSpec = ActorSpec | ResourceSpec | SupervisorSpec;

export type Body =
  | {
      readonly kind: 'actor';
      readonly logic: AnyActorLogic;
      readonly input: unknown;
      readonly snapshot: ActorSpec['snapshot'];
      readonly lastGood: LastGood | undefined;
    }
  | { readonly kind: 'resource'; readonly resource: ResourceSpec }
  | { readonly kind: 'supervisor'; readonly supervisor: ResolvedSupervisor };

export interface ResolvedSupervisor {
  readonly flags: Flags;
  readonly children: readonly ResolvedSpec[];
  readonly roster: Roster | undefined;
}

export interface ResolvedSpec {
  readonly id: string;
  readonly restart: Restart;
  readonly shutdownMs: number | 'brutal';
  readonly significant: boolean;
  readonly body: Body;
}

const DEFAULT_RESTART: Restart = 'permanent';
const DEFAULT_SHUTDOWN_MS = { actor: 5_000, resource: 5_000, supervisor: Infinity } as const;
const LONGEST_ID = 256;

/** throws  INVALID_OPTIONS; DUPLICATE_CHILD for two children of one supervisor with the same id */
export function resolveChildSpec(spec: ChildSpec): ResolvedSpec {
  const { id, restart = DEFAULT_RESTART, significant = false } = spec;
  if (typeof id !== 'string' || id.length < 1 || id.length > LONGEST_ID)
    throw invalidOptions('child.id', `a string of 1 to ${LONGEST_ID} characters`, id);
  const path = `child ${JSON.stringify(id)}`;
  const body = resolveBody(path, spec);
  const shutdownMs = spec.shutdownMs ?? DEFAULT_SHUTDOWN_MS[body.kind];
  if (!RESTARTS.includes(restart)) throw invalidOptions(`${path}.restart`, RESTARTS.join(', '), restart);
  if (shutdownMs !== 'brutal' && !(typeof shutdownMs === 'number' && shutdownMs >= 0))
    throw invalidOptions(`${path}.shutdownMs`, `a number of at least 0, Infinity or 'brutal'`, shutdownMs);
  if (significant && restart === 'permanent')
    throw invalidOptions(`${path}.significant`, 'false, because a permanent child never ends', significant);
  return Object.freeze({ id, restart, shutdownMs, significant, body });
}

function resolveBody(path: string, spec: ChildSpec): Body {
  if ('type' in spec && spec.type === 'supervisor') return { kind: 'supervisor', supervisor: resolveSupervisor(spec) };
  if ('logic' in spec && typeof spec.logic?.transition === 'function') return resolveActor(path, spec);
  if ('start' in spec && typeof spec.start === 'function' && typeof spec.stop === 'function')
    return { kind: 'resource', resource: spec };
  throw invalidOptions(path, `actor logic, functions start and stop, or type 'supervisor'`, spec);
}

function resolveActor(path: string, { logic, input, snapshot, lastGood }: ActorSpec): Body {
  if (lastGood !== undefined && snapshot !== undefined)
    throw invalidOptions(`${path}.lastGood`, 'nothing, because snapshot says where a life begins', lastGood);
  const resolved = lastGood === undefined ? undefined : resolveLastGood(`${path}.lastGood`, lastGood);
  return { kind: 'actor', logic, input, snapshot, lastGood: resolved };
}

/** throws  as resolveChildSpec */
export function resolveSupervisor(spec: SupervisorSpec): ResolvedSupervisor {
  const path = `supervisor ${JSON.stringify(spec.id)}`;
  const flags = resolveFlags(path, spec);
  const children = (spec.children ?? []).map(resolveChildSpec);
  if (flags.strategy === 'simpleOneForOne' && children.length > 0)
    throw invalidOptions(`${path}.children`, 'none: simpleOneForOne is for dynamic children', children);
  const ids = new Set<string>();
  for (const child of children) {
    if (ids.has(child.id)) throw duplicateChild(path, child.id);
    ids.add(child.id);
    checkSignificance(path, flags, child);
  }
  return Object.freeze({ flags, children, roster: spec.roster });
}

/** throws  INVALID_OPTIONS: a significant child whose end nobody would act on */
export function checkSignificance(supervisor: string, flags: Flags, child: ResolvedSpec): void {
  if (!child.significant || flags.autoShutdown !== 'never') return;
  const path = `${supervisor} child ${JSON.stringify(child.id)}.significant`;
  throw invalidOptions(path, `false, because the supervisor's autoShutdown is 'never'`, true);
}

export function duplicateChild(supervisor: string, id: string): HoldfastError {
  const message = `${supervisor}: expected an id that is free, received ${JSON.stringify(id)}, which is a child already`;
  return new HoldfastError('DUPLICATE_CHILD', message, { component: `${supervisor}/${id}` });
}
