/**
 * The level's keeper: looks at the sensors once a second, has the chart say which step may be taken, and remembers what
 * a restart, or the next process, must not lose.
 *
 * It goes along the chart's edges and no others, in this thread: a hand is obeyed when `override` returns, also inside a
 * listener, and also while the actor that follows is down.
 */
import { degradationChild } from '../../../actors/degradation-child.ts';
import type { DegradationInput } from '../../../actors/degradation.machine.ts';
import type { ChildHandle, Tree } from '../../../actors/root.ts';
import { stepLevel } from '../../../actors/step-level.ts';
import { Alarm } from '../../core/alarm.ts';
import type { Dispatcher } from '../../core/dispatcher.ts';
import type { Env, Timer } from '../../core/env.ts';
import type { Keep } from '../../core/keep.ts';
import { type LevelEvent, LEVELS, levelName, rankOf } from '../../core/levels.ts';
import type { DegradationReading, Level } from '../../core/readings.ts';
import { parseOptions } from '../../core/schema.ts';
import type { Pain } from '../health/signals.ts';
import { KeptLevel } from './kept-level.ts';
import { type OverrideOptions, overrideOptions, type ReleaseOptions, releaseOptions } from './options.ts';
import type { ResolvedDegradationOptions } from './options.ts';
import { Pains } from './pains.ts';
import { type Measured, wantedStep } from './wanted-step.ts';

const LOOK_MS = 1_000;
const WORST = LEVELS.length - 1;

export interface DegradationParts {
  readonly env: Pick<Env, 'now' | 'wall' | 'setTimer' | 'clearTimer'>;
  readonly events: Pick<Dispatcher, 'emit' | 'together'>;
  readonly tree: Pick<Tree, 'add' | 'hasEnded'>;
  readonly keep: Keep;
  readonly read: () => readonly Measured[];
  /** The algedonic signals that are live, with how much each hurts. */
  readonly pains: () => ReadonlyMap<string, number>;
  /** Let everything follow the level, and say what changed with it. Must not throw. */
  readonly follow: (level: Level, reason: string) => void;
  /** What else is held by hand: when the first of it ends, Infinity for never. */
  readonly otherEndMs: () => number;
  /** A hold has ended, or others may have: let go of what is over. Must not throw. */
  readonly onEnd: (nowMs: number) => void;
  /** False once the runtime takes no more work: what was kept is the next process's then. */
  readonly isOpen: () => boolean;
  /** What was kept could not be read. Must not throw. */
  readonly onKeepFailed: (error: unknown) => void;
}

interface Override {
  readonly level: Level;
  readonly by: string;
  readonly reason: string;
  readonly untilMs: number;
}

/** The step somebody wants, and why. */
interface Wish {
  readonly event: LevelEvent;
  readonly reason: string;
  /** The person who wants it. */
  readonly by?: string;
  /** Asked for because a sensor stayed broken. */
  readonly isFailSafe?: boolean;
}

export class Degradation {
  readonly #options: ResolvedDegradationOptions;
  readonly #parts: DegradationParts;
  readonly #kept: KeptLevel;
  readonly #startedAt: number;
  readonly #may: DegradationInput = {
    mayWorsen: () => this.#hasDwelt(this.#changedAt, this.#options.worsenDwellMs),
    mayImprove: () => this.#hasDwelt(Math.max(this.#changedAt, this.#uneasyAt), this.#options.improveDwellMs),
  };
  #actor: ChildHandle | undefined;
  #timer: Timer | undefined;
  readonly #end: Alarm;
  #level: Level = 'full';
  /** A hand was taken off, maybe one of an earlier process, that is read only later. */
  #isFree = false;
  #why: Pick<Wish, 'reason' | 'by'> = { reason: 'it began so' };
  /** A process that starts is given a dwell before it is judged. */
  #changedAt: number;
  /** The last moment that was not calm. */
  #uneasyAt: number;
  #changes = 0;
  #failSafes = 0;
  #override: Override | undefined;
  readonly #pains = new Pains();
  #measured: readonly Measured[] = [];
  #brokenLooks = 0;
  /** The sensors that are broken now have had their step. */
  #hasFailedSafe = false;

  constructor(options: ResolvedDegradationOptions, parts: DegradationParts) {
    this.#options = options;
    this.#parts = parts;
    this.#kept = new KeptLevel(parts.keep, parts.env);
    this.#end = new Alarm(parts.env, () => this.#ended());
    this.#startedAt = this.#changedAt = this.#uneasyAt = parts.env.now();
  }

  get level(): Level {
    return this.#level;
  }

  /** Begin to look, watched where there is a tree, and take up what an earlier process kept. */
  begin(): void {
    const { env, tree } = this.#parts;
    this.#changedAt = this.#uneasyAt = env.now();
    if (tree.hasEnded) this.start();
    else {
      this.#actor = tree.add(
        'control',
        degradationChild(() => this.#level),
      );
      tree.add('control', { id: 'sensors', start: () => this.start(), stop: () => this.stop() });
    }
    this.#parts.keep.onLate(() => void this.#takeUp(true));
    void this.#takeUp(false);
  }

  /** Look once a second, and await the end of what is held. Started again, it goes on from where it was. */
  start(): void {
    this.stop();
    this.#arm();
    this.awaitEnd();
  }

  /** The level stands from here on, but for a person's word. */
  stop(): void {
    if (this.#timer !== undefined) this.#parts.env.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#end.clear();
  }

  /**
   * Hold a level by hand, whatever is measured, at once and for so long; it takes the place of an earlier hold.
   *
   * throws  INVALID_OPTIONS
   */
  override(given: Level, options: OverrideOptions): void {
    const level = parseOptions(levelName, given, 'degradation.override level');
    const { by, reason, forMs } = parseOptions(overrideOptions, options, 'degradation.override');
    this.#kept.override({ level, by, reason, forMs }); // first: a listener may hold another, which is the newer one
    this.#hold({ level, by, reason, untilMs: this.#parts.env.now() + forMs }, forMs);
  }

  /**
   * Let what is measured drive the level again, from where it is.
   *
   * out     false when nobody held it
   * throws  INVALID_OPTIONS
   */
  release(options: ReleaseOptions): boolean {
    const { by, reason } = parseOptions(releaseOptions, options, 'degradation.release');
    if (this.#override === undefined) {
      this.#isFree = true;
      return false;
    }
    this.#letGo({ by, reason });
    return true;
  }

  /** Something hurts: where that is new, or clearly worse, a step at once, or as soon as the dwell is over. */
  hurt(pain: Pain): void {
    this.#uneasyAt = this.#parts.env.now();
    this.#pains.feel(pain);
    if (this.#timer !== undefined) this.#answerPains();
  }

  /** It hurts no more: the step that still waits for the dwell is not taken. */
  eased(signal: string): void {
    if (this.#pains.end(signal)) this.#uneasyAt = this.#parts.env.now();
  }

  /** Look at the sensors now. The timer does this once a second. */
  look(): void {
    const nowMs = this.#parts.env.now();
    this.#measured = this.#parts.read();
    if (this.#pains.follow(this.#parts.pains()) || !this.#pains.isEmpty) this.#uneasyAt = nowMs;
    if (this.#override === undefined) this.#ask(nowMs);
    else this.#pains.answer();
  }

  /** Something is held by hand, or no longer: the end of the first hold is awaited, to the moment. */
  awaitEnd(): void {
    if (this.#timer === undefined) return this.#end.clear();
    this.#end.set(Math.min(this.#override?.untilMs ?? Infinity, this.#parts.otherEndMs()));
  }

  reading(): DegradationReading {
    const sensors = this.#measured.map(({ sensor, value }) => [sensor, Number.isNaN(value) ? null : value]);
    return {
      level: this.#level,
      sinceMs: this.#changedAt - this.#startedAt,
      reason: this.#why.reason,
      by: this.#why.by ?? null,
      changes: this.#changes,
      sensors: Object.fromEntries(sensors) as Record<string, number | null>,
      broken: this.#broken(),
      failSafes: this.#failSafes,
      override: this.#override ? { ...this.#override, untilMs: this.#override.untilMs - this.#startedAt } : null,
    };
  }

  /** The steps that may be taken by itself; the chart says whether the dwell allows one. */
  #ask(nowMs: number): void {
    const rank = rankOf(this.#level);
    const { step, reason } = wantedStep(rank, this.#measured);
    if (step !== 'improve') this.#uneasyAt = nowMs; // while something hurts it is uneasy anyway, and the chart says no
    const broken = this.#broken();
    this.#brokenLooks = broken.length === 0 ? 0 : this.#brokenLooks + 1;
    if (broken.length === 0) this.#hasFailedSafe = false;
    if (this.#answerPains()) return;
    if (step !== 'hold') this.#step({ event: step, reason });
    else if (this.#brokenLooks >= this.#options.failSafeAfter && !this.#hasFailedSafe)
      this.#step({ event: 'worsen', reason: `cannot be read: ${broken.join(', ')}`, isFailSafe: true });
  }

  /**
   * Take the step that a pain owes. Who holds the level by hand has answered every pain, and from the worst level there
   * is no step. out  whether one was owed
   */
  #answerPains(): boolean {
    if (this.#override !== undefined || rankOf(this.#level) === WORST) this.#pains.answer();
    const reason = this.#pains.owed;
    if (reason !== undefined) this.#step({ event: 'worsen', reason });
    return reason !== undefined;
  }

  #broken(): readonly string[] {
    return this.#measured.filter(({ value }) => Number.isNaN(value)).map(({ sensor }) => sensor);
  }

  #hold(override: Override, forMs: number): void {
    const { level, by, reason } = override;
    this.#override = override;
    this.awaitEnd();
    this.#pains.answer(); // a person is in charge
    this.#parts.events.together(() => {
      this.#parts.events.emit('degradation.overridden', { level, by, reason, forMs });
      this.#obey(override);
    });
  }

  #obey({ level, by, reason }: Override): void {
    if (level !== this.#level) this.#step({ event: ORDERS[level], by, reason });
  }

  #letGo(why: { readonly by?: string; readonly reason: string }): void {
    this.#override = undefined;
    this.#isFree = true;
    this.awaitEnd();
    if (this.#level === 'full') this.#pains.oweAgain(); // what hurts still was put off by the hand, not answered
    this.#uneasyAt = this.#parts.env.now(); // nobody looked for calm while it was held
    this.#kept.override(null);
    this.#parts.events.emit('degradation.released', { level: this.#level, ...why });
  }

  /** A person's time is over: the sensors drive again, from the next look on. */
  #ended(): void {
    const nowMs = this.#parts.env.now();
    if (this.#override !== undefined && nowMs >= this.#override.untilMs) this.#letGo({ reason: 'its time is over' });
    this.#parts.onEnd(nowMs);
    this.awaitEnd();
  }

  /** Go where the chart leads, if it leads anywhere now. All of it is in force before anybody is told. */
  #step({ event, reason, by, isFailSafe = false }: Wish): void {
    const from = this.#level;
    const to = stepLevel(from, event, this.#may);
    if (to === undefined) return;
    this.#level = to;
    this.#why = { reason, ...(by !== undefined && { by }) };
    this.#changedAt = this.#uneasyAt = this.#parts.env.now();
    this.#changes++;
    if (event === 'worsen') this.#pains.answer();
    if (isFailSafe) {
      this.#hasFailedSafe = true;
      this.#failSafes++;
    }
    this.#kept.level(to);
    this.#parts.events.together(() => {
      this.#parts.events.emit('degradation.changed', { from, to, ...this.#why });
      this.#parts.follow(to, reason);
      this.#actor?.send({ type: event });
    });
  }

  /**
   * What was done in the meantime is newer than what was kept: a step than the level, a hand that was laid on, or taken
   * off, than the hand. But a hand that was kept stands above what the sensors said meanwhile, as it did.
   *
   * in  isLate   where the sensors could have moved the level by now, they have said where it is
   */
  async #takeUp(isLate: boolean): Promise<void> {
    try {
      const { level, override } = await this.#kept.read(this.#parts.onKeepFailed);
      if (!this.#parts.isOpen()) return;
      const isDecided = this.#override !== undefined || this.#isFree;
      const isMeasured = this.#changes > 0 || (isLate && this.#may.mayWorsen());
      if (level !== undefined && level !== this.#level) {
        if (isDecided || isMeasured) this.#kept.level(this.#level);
        else this.#step({ event: ORDERS[level], reason: 'so it was before the restart' });
      }
      if (override === undefined || this.#override !== undefined) return;
      if (this.#isFree) return this.#kept.override(null);
      const { forMs, ...held } = override;
      this.#hold({ ...held, untilMs: this.#parts.env.now() + forMs }, forMs);
    } catch (error) {
      this.#parts.onKeepFailed(error);
    }
  }

  #hasDwelt(sinceMs: number, dwellMs: number): boolean {
    return this.#parts.env.now() - sinceMs >= dwellMs;
  }

  /** Keeps nothing alive: a level is for who is there anyway. */
  #arm(): void {
    this.#timer = this.#parts.env.setTimer(
      () => {
        this.#arm();
        this.look();
      },
      LOOK_MS,
      false,
    );
  }
}

const ORDERS: Readonly<Record<Level, LevelEvent>> = {
  full: 'overrideFull',
  reduced: 'overrideReduced',
  minimal: 'overrideMinimal',
  emergency: 'overrideEmergency',
};
