/**
 * A supervisor on a virtual clock, with workers that say when they live and die.
 *
 * `log` has `+a` when a starts, `-a` when it is over, however it ended, and `!a` when its start failed.
 */
import { createActor, fromCallback, setup, type AnyActorRef } from 'xstate';
import { resolveSupervisor, type ChildSpec, type SupervisorSpec } from '../../../actors/supervisor/child-spec.ts';
import { installScheduler } from '../../../actors/scheduler.ts';
import { stopOrphans } from '../../../actors/supervisor/orphans.ts';
import { EXIT_SHUTDOWN, type SupervisorRequest } from '../../../actors/supervisor/protocol.ts';
import { liveChild, supervisorLogic, whichChildren } from '../../../actors/supervisor/supervisor.ts';
import type { EventSink } from '../../../src/core/events.ts';
import { createVirtualEnv } from '../../../src/testing/index.ts';

export interface Told {
  readonly type: string;
  readonly [field: string]: unknown;
}

export class Stage {
  readonly env = createVirtualEnv({ seed: 1 });
  readonly log: string[] = [];
  readonly told: Told[] = [];
  readonly errors: unknown[] = [];
  readonly #failNext = new Map<string, number>();
  readonly #onStart = new Map<string, () => void>();
  #root: AnyActorRef | undefined;

  get root(): AnyActorRef {
    return this.#root!;
  }

  /** Run a supervisor called `root`. */
  run(
    spec: Partial<SupervisorSpec>,
    emit: EventSink['emit'] = (type, payload) => void this.told.push({ type, ...payload }),
  ): this {
    const { env } = this;
    const world = { env, events: { emit } };
    const clock = {
      setTimeout: (fn: () => void, ms: number) => env.setTimer(fn, ms, false),
      clearTimeout: env.clearTimer,
    };
    const supervisor = resolveSupervisor({ id: 'root', type: 'supervisor', ...spec });
    const root = createActor(supervisorLogic, { id: 'root', input: { supervisor, path: 'root', world }, clock });
    installScheduler(root.system, env, stopOrphans);
    root.subscribe({ error: (error) => this.errors.push(error) });
    this.#root = root;
    root.start();
    return this;
  }

  /** A worker's spec. It understands CRASH, FINISH, SHUT (ends `shutdown`) and DO; a deaf one ignores shutdown requests. */
  worker(id: string, flags: Partial<Omit<ChildSpec, 'id'>> & { readonly deaf?: boolean } = {}): ChildSpec {
    const { deaf = false, ...rest } = flags;
    return { id, logic: this.#worker, input: { id, deaf }, ...rest } as ChildSpec;
  }

  workers(ids: string, flags: Partial<Omit<ChildSpec, 'id'>> = {}): ChildSpec[] {
    return [...ids].map((id) => this.worker(id, flags));
  }

  readonly #worker = setup({
    types: {} as {
      input: { id: string; deaf: boolean };
      context: { id: string; deaf: boolean };
      events: { type: 'CRASH' | 'FINISH' | 'SHUT' | 'supervisor.shutdown' } | { type: 'DO'; what: () => void };
    },
    actors: {
      life: fromCallback<{ type: 'none' }, { id: string }>(({ input }) => {
        this.log.push(`+${input.id}`);
        return () => void this.log.push(`-${input.id}`);
      }),
    },
    guards: { hears: ({ context }) => !context.deaf },
  }).createMachine({
    id: 'worker',
    initial: 'up',
    context: ({ input }) => {
      const left = this.#failNext.get(input.id) ?? 0;
      this.#onStart.get(input.id)?.();
      if (left > 0) {
        this.#failNext.set(input.id, left - 1);
        this.log.push(`!${input.id}`);
        throw new Error(`${input.id} does not start`);
      }
      return input;
    },
    output: ({ event }) => ((event as { output?: unknown }).output ? EXIT_SHUTDOWN : undefined),
    states: {
      up: {
        invoke: { src: 'life', input: ({ context }) => ({ id: context.id }) },
        on: {
          CRASH: { actions: () => fail('crash') },
          DO: { actions: ({ event }) => event.what() },
          FINISH: 'finished',
          SHUT: 'shut',
          'supervisor.shutdown': [
            { guard: 'hears', target: 'finished' },
            { actions: () => {} }, // heard, and not obeyed
          ],
        },
      },
      finished: { type: 'final' },
      shut: { type: 'final', output: () => true },
    },
  });

  /** The next `times` starts of a worker fail. */
  failNext(id: string, times: number): void {
    this.#failNext.set(id, times);
  }

  /** Called from inside each start of a worker. */
  onStart(id: string, callback: () => void): void {
    this.#onStart.set(id, callback);
  }

  /** The live incarnation at a path below the root, e.g. `inner/a`. */
  ref(path: string): AnyActorRef | undefined {
    return path.split('/').reduce<AnyActorRef | undefined>((at, id) => at && liveChild(at, id), this.root);
  }

  crash(path: string): void {
    this.ref(path)!.send({ type: 'CRASH' });
  }

  ask(request: SupervisorRequest): unknown[] {
    const answers: unknown[] = [];
    this.root.send({ ...request, reply: (error?: unknown) => void answers.push(error) });
    return answers;
  }

  shutdown(): void {
    this.root.send({ type: 'supervisor.shutdown' });
  }

  /** The log since it was last taken. */
  take(): string {
    return this.log.splice(0).join(' ');
  }

  /** The children as `a`, or `a(stopped)` when not running. */
  get children(): string {
    return whichChildren(this.root)
      .map(({ id, state }) => (state === 'running' ? id : `${id}(${state})`))
      .join(' ');
  }

  get status(): string {
    return (this.root.getSnapshot() as { status: string }).status;
  }
}

export function fail(message: string): never {
  throw new Error(message);
}
