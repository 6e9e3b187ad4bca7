/** The runtime's health: its options in force, what it hears of the supervisors, and what an application sees of it. */
import { Health, type HealthParts } from './control/health/health.ts';
import type { HealthOptions } from './control/health/options.ts';
import { describe } from './core/describe.ts';
import type { Dispatcher } from './core/dispatcher.ts';
import { invalidOptions } from './core/errors.ts';
import type { Intake } from './core/intake.ts';
import type { RuntimeHealth } from './runtime-faces.ts';

const DEFAULT_INTERVAL_MS = 1_000;
const VARIABLE = 'HEALTH_CHECK_INTERVAL_SECONDS';
const MIN_SECONDS = 0.01;
const MAX_SECONDS = 86_400;

export interface RuntimeHealthParts extends Pick<
  HealthParts,
  'env' | 'policyHash' | 'keep' | 'breakers' | 'score' | 'onTick'
> {
  readonly dispatcher: Dispatcher;
  readonly intake: Intake;
  readonly options: HealthOptions;
  /** A check, or a breaker of another library, of that name is there no more. Must not throw. */
  readonly onEnded: (kind: 'check' | 'foreign', name: string) => void;
  /** There is a check of that name now. Must not throw. */
  readonly onRegistered: (name: string) => void;
}

/** throws  INVALID_OPTIONS when the variable holds no interval */
export function runtimeHealth({ dispatcher, intake, options, onRegistered, onEnded, ...parts }: RuntimeHealthParts): {
  readonly health: Health;
  readonly face: RuntimeHealth;
} {
  const health = new Health({
    ...parts,
    events: dispatcher,
    intervalMs: options.intervalMs ?? intervalOf(process.env[VARIABLE]),
    hysteresis: options.hysteresis,
    history: options.history,
    algedonicFrom: options.algedonicFrom,
    onCallbackFailed: (path, error) => dispatcher.callbackFailed(path, error),
  });
  dispatcher.on('child.exited', ({ reason }) => {
    if (reason === 'error') health.childFailed();
  });
  dispatcher.on('supervisor.escalated', ({ child }) => {
    if (child === 'root') health.treeGaveUp();
  });
  return { health, face: faceOf(health, { dispatcher, intake, onRegistered, onEnded }) };
}

function faceOf(
  health: Health,
  parts: Pick<RuntimeHealthParts, 'dispatcher' | 'intake' | 'onRegistered' | 'onEnded'>,
): RuntimeHealth {
  const { dispatcher, intake, onRegistered, onEnded } = parts;
  const expectOpen = (what: string, name: unknown): void => {
    if (!intake.isOpen) throw intake.stopped(`${what} ${describe(name)}`);
  };
  return Object.freeze<RuntimeHealth>({
    report: () => health.report(),
    components: () => health.components(),
    history: (windowMs) => health.history(windowMs),
    on: (event, listener) => {
      if (event !== 'change') throw invalidOptions('health.on event', '"change"', event);
      return dispatcher.on('health.changed', listener);
    },
    register: (name, check, options) => {
      expectOpen('health check', name);
      const end = health.register(name, check, options);
      onRegistered(name);
      return endedOnce(end, () => onEnded('check', name));
    },
    registerBreaker: (name, breaker, options) => {
      expectOpen('foreign breaker', name);
      return endedOnce(health.registerBreaker(name, breaker, options), () => onEnded('foreign', name));
    },
    signal: (name, severity, options) => {
      if (!intake.isOpen) return; // pain throws into nobody who feels it, least of all in a call that is drained
      health.signal(name, severity, options);
    },
    hasCheck: (name) => health.hasCheck(name),
    probe: async (name) => {
      expectOpen('health probe', name);
      return health.probe(name);
    },
  });
}

/** The same, and told of it the first time: by the second there may be another of that name. */
function endedOnce(end: () => void, onEnded: () => void): () => void {
  let isEnded = false;
  return () => {
    end();
    if (isEnded) return;
    isEnded = true;
    onEnded();
  };
}

/** in  given   the variable; set to nothing is unset */
function intervalOf(given: string | undefined): number {
  if (!given) return DEFAULT_INTERVAL_MS;
  const seconds = Number(given);
  if (given.trim() !== '' && seconds >= MIN_SECONDS && seconds <= MAX_SECONDS) return seconds * 1_000;
  throw invalidOptions(VARIABLE, `seconds, a number from ${MIN_SECONDS} to ${MAX_SECONDS}`, given);
}
