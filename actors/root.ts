/**
 * The supervision tree: the one door through which the rest of the library gets actors and resources started.
 *
 *   const tree = startTree({ env, events, onFatal });
 *   const pool = tree.add('compute', { id: 'pool', start: openPool, stop: (pool) => pool.destroy() });
 *   await pool.ready;
 *
 * What is added stays added: when a group is restarted, it is started again with it. The tree never takes the process
 * down. Should the root itself give up, `onFatal` hears it once, and everything is stopped.
 */
import { createActor, type AnyActorRef, type AnyEventObject } from 'xstate';
import type { Env, Timer } from '../src/core/env.ts';
import { describe } from '../src/core/describe.ts';
import { invalidOptions } from '../src/core/errors.ts';
import type { EventSink } from '../src/core/events.ts';
import { nullRecord } from '../src/core/null-record.ts';
import type { ChildReading, Section } from '../src/core/readings.ts';
import { ask } from './ask.ts';
import { GroupRoster } from './group-roster.ts';
import { inspectTree, type InspectionObserver } from './inspect-tree.ts';
import { readTree, walkTree, type TreeNode } from './read-tree.ts';
import { installScheduler } from './scheduler.ts';
import { announce } from './supervisor/announce.ts';
import {
  duplicateChild,
  resolveChildSpec,
  resolveSupervisor,
  type ChildSpec,
  type ResolvedSupervisor,
  type SupervisorSpec,
} from './supervisor/child-spec.ts';
import { stopped } from './supervisor/not-up.ts';
import { stopOrphans } from './supervisor/orphans.ts';
import { SHUTDOWN, type World } from './supervisor/protocol.ts';
import { liveChild, supervisorLogic, whichChildren } from './supervisor/supervisor.ts';
import { GROUPS, GROUP_NAMES, ROOT, type GroupName } from './tree-table.ts';

export interface TreeOptions {
  readonly env: Env;
  readonly events: EventSink;
  /** The root has given up. Called at most once. */
  readonly onFatal: (error: unknown) => void;
}

export interface Tree {
  /**
   * Hang a child under a group. An actor runs when this returns; a resource when `ready` resolves.
   *
   * throws  DUPLICATE_CHILD, INVALID_OPTIONS, and STOPPED after the tree's end
   */
  add(under: GroupName, spec: ChildSpec): ChildHandle;
  /** True when it was stopped or its root has given up: nothing can be added any more. */
  readonly hasEnded: boolean;
  /** The root, with all that stands under it. */
  tree(): TreeNode;
  /** The same, flat: every supervisor and child by path, e.g. `root/compute/pool`. */
  reading(): Section<ChildReading>;
  /**
   * Watch every actor of the tree, those that live already included. An observer that throws is announced and goes on
   * being called. Returns the end of it.
   */
  inspect(observer: InspectionObserver): () => void;
  /**
   * End a child as a crash would: its supervisor restarts it, and counts. Resolves when it is dying.
   *
   * throws  INVALID_OPTIONS for a path nobody has, or the root's · ILLEGAL_TRANSITION for a child that is not up · STOPPED
   */
  kill(path: string, error: unknown): Promise<void>;
  /** Stop everything, the last started first, each within its budget. Idempotent. */
  stop(): Promise<void>;
}

/** A child, whichever incarnation is alive. */
export interface ChildHandle {
  readonly id: string;
  /** To the live incarnation; dropped while there is none. */
  send(event: AnyEventObject): void;
  /** Resolves when its first start is done; rejects with START_FAILED when that fails. It is tried again all the same. */
  readonly ready: Promise<void>;
  /** Stop it for good; its id is free again. Resolves when it is down. */
  terminate(): Promise<void>;
  /** Stop it and start it again, which doesn't count as a restart. Rejects with what kept it from starting. */
  restart(): Promise<void>;
}

export function startTree(options: TreeOptions): Tree {
  return new SupervisionTree(options);
}

class SupervisionTree implements Tree {
  readonly #world: World;
  readonly #startedAtMs: number;
  readonly #rosters: Readonly<Record<GroupName, GroupRoster>>;
  readonly #root: AnyActorRef;
  readonly #ended = Promise.withResolvers<void>();
  #hasEnded = false;

  constructor({ env, events, onFatal }: TreeOptions) {
    this.#world = { env, events };
    this.#startedAtMs = env.now();
    this.#rosters = Object.fromEntries(GROUP_NAMES.map((name) => [name, new GroupRoster()])) as Record<
      GroupName,
      GroupRoster
    >;
    const root = createActor(supervisorLogic, {
      id: ROOT.id,
      input: { supervisor: resolveRoot(this.#rosters), path: ROOT.id, world: this.#world },
      clock: {
        setTimeout: (fn, ms) => env.setTimer(fn, ms, false),
        clearTimeout: (timer: Timer) => env.clearTimer(timer),
      },
    });
    this.#root = root;
    installScheduler(root.system, env, stopOrphans);
    root.subscribe({
      error: (error) => {
        this.#end();
        this.#tellFatal(onFatal, error);
      },
      complete: () => this.#end(),
    });
    root.start();
  }

  add(under: GroupName, spec: ChildSpec): ChildHandle {
    const path = `${ROOT.id}/${under}`;
    const resolved = resolveChildSpec(spec);
    if (this.#hasEnded) throw stopped(path);
    const roster = this.#rosters[under];
    if (roster.has(resolved.id)) throw duplicateChild(path, resolved.id);
    const entry = roster.add(resolved);
    // While the group is down this reaches nobody: its next incarnation starts with the whole roster.
    this.#group(under)?.send({ type: 'supervisor.startChild', spec: resolved, reply: entry.reply });
    const { id } = resolved;
    return {
      id,
      ready: entry.ready,
      send: (event) => {
        const group = this.#group(under);
        if (group !== undefined && roster.holds(entry)) liveChild(group, id)?.send(event);
      },
      terminate: async () => {
        if (!roster.holds(entry)) return;
        await ask(this.#group(under), { type: 'supervisor.terminateChild', id, forget: true }); // no answer: it is down too
        if (roster.holds(entry)) roster.removed(id);
      },
      restart: async () => {
        if (!roster.holds(entry)) throw stopped(`${path}/${id}`);
        const error = await ask(this.#group(under), { type: 'supervisor.restartChild', id });
        if (error !== undefined) throw error;
      },
    };
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  tree(): TreeNode {
    const nowMs = this.#world.env.now();
    return readTree(this.#root, { hasEnded: this.#hasEnded, startedAtMs: this.#startedAtMs, nowMs });
  }

  reading(): Section<ChildReading> {
    const section = nullRecord<ChildReading>();
    for (const { path, state, kind, incarnation, restarts, startedAtMs, chart, at } of walkTree(this.tree()))
      section[path] = { state, kind, incarnation, restarts, startedAtMs, chart, at };
    return section;
  }

  inspect(observer: InspectionObserver): () => void {
    return inspectTree(this.#root, observer, (error) =>
      announce(this.#world, 'callback.failed', { callback: 'inspect', error: describe(error) }),
    );
  }

  async kill(path: string, error: unknown): Promise<void> {
    const found = findChild(this.#root, ROOT.id, path);
    if (found === undefined) throw invalidOptions('kill.path', 'the path of a child, e.g. root/compute/pool', path);
    const failure = await ask(found.supervisor, { type: 'supervisor.killChild', id: found.id, error });
    if (failure !== undefined) throw failure;
  }

  stop(): Promise<void> {
    if (!this.#hasEnded) this.#root.send(SHUTDOWN);
    return this.#ended.promise;
  }

  #group(name: GroupName): AnyActorRef | undefined {
    return liveChild(this.#root, name);
  }

  #end(): void {
    this.#hasEnded = true;
    for (const name of GROUP_NAMES) this.#rosters[name].close(stopped(`${ROOT.id}/${name}`));
    this.#ended.resolve();
  }

  #tellFatal(onFatal: (error: unknown) => void, error: unknown): void {
    try {
      onFatal(error);
    } catch (thrown) {
      announce(this.#world, 'callback.failed', { callback: 'onFatal', error: describe(thrown) });
    }
  }
}

function resolveRoot(rosters: Readonly<Record<GroupName, GroupRoster>>): ResolvedSupervisor {
  const group = (id: GroupName): SupervisorSpec => ({ id, type: 'supervisor', ...GROUPS[id], roster: rosters[id] });
  return resolveSupervisor({ ...ROOT, type: 'supervisor', children: GROUP_NAMES.map(group) });
}

/** Ids may have slashes, so a path is compared, not taken apart. */
function findChild(
  supervisor: AnyActorRef,
  above: string,
  path: string,
): { readonly supervisor: AnyActorRef; readonly id: string } | undefined {
  for (const { id, kind, ref } of whichChildren(supervisor)) {
    if (`${above}/${id}` === path) return { supervisor, id };
    if (kind !== 'supervisor' || ref === undefined || !path.startsWith(`${above}/${id}/`)) continue;
    const found = findChild(ref, `${above}/${id}`, path);
    if (found !== undefined) return found;
  }
  return undefined;
}
