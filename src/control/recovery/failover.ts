/**
 * Which of an ordered chain of providers the next call goes to. Pure: a position and what happened give the next one.
 *
 * Who fails is left, for the best one that has not failed within the last dwell; who is better comes back after the
 * dwell and so many successes in a row. So nobody is returned to within a dwell of its failure, and there is no
 * ping-pong (H6).
 */

export interface FailoverRule {
  readonly failures: number;
  readonly dwellMs: number;
  readonly successes: number;
}

export interface Position {
  /** The one in force, as its place in the order. */
  readonly at: number;
  readonly sinceMs: number;
  /** Failures in a row of the one in force. */
  readonly failures: number;
  /** By place: until then it is left alone. */
  readonly awayUntil: readonly number[];
  /** By place: successes in a row of one that is tried. */
  readonly streaks: readonly number[];
}

export function startAt(at: number, size: number, nowMs: number): Position {
  const each = (value: number): readonly number[] => Array.from({ length: size }, () => value);
  return { at, sinceMs: nowMs, failures: 0, awayUntil: each(-Infinity), streaks: each(0) };
}

/** A call to the one in force is over. out  where to go now, `stranded` when there is nowhere */
export function afterCall(
  position: Position,
  succeeded: boolean,
  rule: FailoverRule,
  nowMs: number,
): Position | 'stranded' {
  if (succeeded) return position.failures === 0 ? position : { ...position, failures: 0 };
  const failures = position.failures + 1;
  return failures < rule.failures ? { ...position, failures } : leave({ ...position, failures }, rule, nowMs);
}

/** The one in force will not do. out  at the best one that may be gone to; `stranded` when all have failed lately */
export function leave(position: Position, rule: FailoverRule, nowMs: number): Position | 'stranded' {
  const to = position.awayUntil.findIndex((untilMs, place) => place !== position.at && untilMs <= nowMs);
  return to < 0 ? 'stranded' : moveTo(position, to, rule, nowMs);
}

export function moveTo(position: Position, to: number, rule: FailoverRule, nowMs: number): Position {
  return {
    at: to,
    sinceMs: nowMs,
    failures: 0,
    awayUntil: position.awayUntil.with(position.at, nowMs + rule.dwellMs).with(to, -Infinity),
    streaks: position.streaks.map(() => 0),
  };
}

/** A better one was tried. A call that was lost on it has it left alone for another dwell; a probe costs nobody anything. */
export function afterTrial(
  position: Position,
  place: number,
  { succeeded, isCall }: { readonly succeeded: boolean; readonly isCall: boolean },
  rule: FailoverRule,
  nowMs: number,
): Position {
  if (place >= position.at) return position; // it is in force by now, or somebody went below it
  const streaks = position.streaks.with(place, succeeded ? position.streaks[place]! + 1 : 0);
  if (!succeeded && isCall)
    return { ...position, streaks, awayUntil: position.awayUntil.with(place, nowMs + rule.dwellMs) };
  return succeeded && streaks[place]! >= rule.successes && mayBeTried(position, place, rule, nowMs)
    ? moveTo(position, place, rule, nowMs)
    : { ...position, streaks };
}

/** Whether a place is better than the one in force, and the dwell is over for both. */
export function mayBeTried(position: Position, place: number, rule: FailoverRule, nowMs: number): boolean {
  return place < position.at && nowMs >= position.awayUntil[place]! && nowMs - position.sinceMs >= rule.dwellMs;
}
