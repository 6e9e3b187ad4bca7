/**
 * The supervisor as XState logic: an actor that starts, watches and restarts others, with OTP's semantics.
 *
 * Hand-written, because a machine's spawned children cost O(n) each. It carries a `config`, so that an inspector draws
 * it; what runs is `Supervision`. Made by `actors/root.ts`, and by itself for the supervisors below.
 */
import {
  createActor,
  type AnyActorLogic,
  type ActorLogic,
  type ActorScope,
  type AnyActorRef,
  type Snapshot,
} from 'xstate';
import { describe } from '../../src/core/describe.ts';
import type { ChildReading } from '../../src/core/readings.ts';
import { relay } from '../internals.ts';
import { announce } from './announce.ts';
import type { Child, Cradle } from './child.ts';
import type { ResolvedSpec, ResolvedSupervisor } from './child-spec.ts';
import type { SupervisorEvent, World } from './protocol.ts';
import { resourceLogic } from './resource.ts';
import { Supervision, type Phase } from './supervision.ts';

export interface SupervisorInput {
  readonly supervisor: ResolvedSupervisor;
  readonly path: string;
  readonly world: World;
}

export type SupervisorSnapshot = Snapshot<unknown> & {
  readonly value: Phase;
  readonly isStarting: boolean;
  readonly context: Supervision;
};
export type SupervisorLogic = ActorLogic<SupervisorSnapshot, SupervisorEvent, SupervisorInput>;
type Scope = ActorScope<SupervisorSnapshot, SupervisorEvent>;

/**
 * Only drawn by the inspector; what runs is `Supervision`. Where an event leads depends on the plan and on who happens
 * to be down already, so several targets stand beside each other. test/actors/supervisor/charts.test.ts goes along all.
 */
const config = {
  id: 'supervisor',
  initial: 'starting',
  states: {
    starting: {
      on: {
        'supervisor.childReady': ['running', 'stopping'],
        'supervisor.childExited': ['running', 'stopping', 'stopped'],
        'supervisor.retry': 'stopping',
        'supervisor.shutdown': 'stopping',
      },
    },
    running: {
      on: {
        'supervisor.childExited': ['starting', 'stopping', 'backoff', 'stopped'],
        'supervisor.retry': ['starting', 'stopping', 'backoff', 'stopped'],
        'supervisor.shutdown': ['stopping', 'stopped'],
      },
    },
    stopping: {
      on: {
        'supervisor.childExited': ['starting', 'running', 'backoff', 'stopped'],
        'supervisor.budgetOver': ['starting', 'running', 'backoff', 'stopped'],
      },
    },
    backoff: {
      on: {
        'supervisor.groupBackoffOver': ['starting', 'running'],
        'supervisor.childExited': 'stopping',
        'supervisor.retry': 'stopping',
        'supervisor.shutdown': ['stopping', 'stopped'],
      },
    },
    stopped: { type: 'final' },
  },
};

export const supervisorLogic: SupervisorLogic = {
  config,
  getInitialSnapshot: (scope, { supervisor, path, world }) =>
    snapshotOf(new Supervision(path, world, cradle(scope, world), supervisor)),
  // Deferred: the mailbox opens only after `start`, and its first message starts the children, still inside `start()`.
  start: (_snapshot, scope) => scope.defer(() => scope.self.send({ type: 'supervisor.init' })),
  transition(snapshot, event) {
    snapshot.context.receive(event);
    return snapshotOf(snapshot.context);
  },
  getPersistedSnapshot: ({ status, value }) =>
    ({ status, value, output: undefined, error: undefined }) as unknown as Snapshot<undefined>,
};

const ACTIVE = { status: 'active', output: undefined, error: undefined } as const;

function snapshotOf(supervision: Supervision): SupervisorSnapshot {
  const { ending, phase, isStarting } = supervision;
  const { status, output, error } = ending ?? ACTIVE;
  return { status, output, error, value: phase, isStarting, context: supervision } as SupervisorSnapshot;
}

function cradle(scope: Scope, world: World): Cradle {
  const self = scope.self as unknown as AnyActorRef;
  return {
    env: world.env,
    incarnate: (child) => incarnate(child, self, world),
    tell: (signal) => self.send(signal),
    relay: (ref, event) => relay(self, ref, event),
    stopChild: (ref) => scope.stopChild(ref),
  };
}

function incarnate(child: Child, parent: AnyActorRef, world: World): AnyActorRef {
  const { path } = child;
  const { id, body, shutdownMs } = child.spec;
  switch (body.kind) {
    case 'supervisor':
      return createActor(supervisorLogic, { id, parent, input: { supervisor: body.supervisor, path, world } });
    case 'resource':
      return createActor(resourceLogic, { id, parent, input: { resource: body.resource, shutdownMs, path, world } });
    case 'actor': {
      const snapshot = body.snapshot === undefined ? restored(child, world) : body.snapshot();
      return createActor(body.logic, { id, parent, input: body.input, ...(snapshot !== undefined && { snapshot }) });
    }
  }
}

function restored(child: Child, world: World): Snapshot<unknown> | undefined {
  const onFailure = (error: unknown): void =>
    announce(world, 'callback.failed', { callback: `lastGood of ${child.path}`, error: describe(error) });
  const snapshot = child.lastGood?.recall(onFailure);
  child.isRestored = snapshot !== undefined;
  return snapshot;
}

function logicOf({ body }: ResolvedSpec): AnyActorLogic {
  if (body.kind === 'actor') return body.logic;
  return body.kind === 'resource' ? resourceLogic : supervisorLogic;
}

/** The live incarnation of a child; undefined while it is down. */
export function liveChild(supervisor: AnyActorRef, id: string): AnyActorRef | undefined {
  const child = supervisionOf(supervisor).children.get(id);
  return child?.isLive === true ? child.ref : undefined;
}

export interface WhichChild extends Omit<ChildReading, 'chart' | 'at'> {
  readonly id: string;
  /** What each of its lives runs. */
  readonly logic: AnyActorLogic;
  /** The life it has now. */
  readonly ref: AnyActorRef | undefined;
}

/** OTP's `which_children`, in start order. `startedAtMs` is by `env.now()`. */
export function whichChildren(supervisor: AnyActorRef): readonly WhichChild[] {
  return [...supervisionOf(supervisor).children.values()].map((child) => {
    const { spec, state, incarnation, restarts, startedAtMs, ref } = child;
    const kind = spec.body.kind === 'supervisor' ? 'supervisor' : 'worker';
    return { id: spec.id, kind, state, incarnation, restarts, startedAtMs, logic: logicOf(spec), ref };
  });
}

export interface ChildCounts {
  readonly specs: number;
  /** Those with a live incarnation. */
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** OTP's `count_children`. */
export function countChildren(supervisor: AnyActorRef): ChildCounts {
  const children = [...supervisionOf(supervisor).children.values()];
  const supervisors = children.filter((child) => child.spec.body.kind === 'supervisor').length;
  const active = children.filter((child) => child.isLive).length;
  return { specs: children.length, active, supervisors, workers: children.length - supervisors };
}

function supervisionOf(supervisor: AnyActorRef): Supervision {
  return (supervisor.getSnapshot() as SupervisorSnapshot).context;
}
