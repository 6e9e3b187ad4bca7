/** A breaker on a virtual clock, without a runtime around it: what the tests of the corridor share. */
import { compileBreaker } from '../../actors/step.ts';
import type { BreakerState } from '../../src/core/breaker-state.ts';
import { parseOptions } from '../../src/core/schema.ts';
import type { Vote } from '../../src/core/outcome.ts';
import { allocateMemory } from '../../src/hotpath/memory.ts';
import { ABOVE, FAILED, SLOW } from '../../src/hotpath/outcome-window.ts';
import { Slots } from '../../src/hotpath/slots.ts';
import { type BreakerOptions, breakerOptions } from '../../src/policies/breaker/options.ts';
import { BreakerSlot, REJECTED, type Transition } from '../../src/policies/breaker/slot.ts';
import { createVirtualEnv, type VirtualEnv } from '../../src/testing/virtual-env.ts';

export interface BreakerRig {
  readonly env: VirtualEnv;
  readonly slot: BreakerSlot;
  readonly slots: Slots;
  readonly transitions: Transition[];
  readonly crossings: string[];
  readonly callbackFailures: string[];
  /** Admit and settle one call for each letter: S success, F failure, I ignored. Rejections are skipped. */
  play(votes: string): BreakerState;
  admits(): boolean;
}

const VOTES: Record<string, Vote> = { S: 'success', F: 'failure', I: 'ignored' };

/** What a window is told of an outcome; a slow one is taken to be above the latency rule's bound, too. */
export function marksOf(failed: boolean, slow: boolean): number {
  return (failed ? FAILED : 0) | (slow ? SLOW | ABOVE : 0);
}

export function smallMemory(): ReturnType<typeof allocateMemory> {
  return allocateMemory({ slots: 16, blockBytes: 65_536, ringRecords: 16, groups: 16 });
}

export function breakerRig(options: BreakerOptions = {}): BreakerRig {
  const env = createVirtualEnv({ seed: 1 });
  const slots = new Slots(smallMemory());
  const transitions: Transition[] = [];
  const crossings: string[] = [];
  const callbackFailures: string[] = [];
  const observer = {
    transitioned: (transition: Transition) => void transitions.push(transition),
    probing: () => {},
    crossed: (rule: string) => void crossings.push(rule),
    callbackFailed: (option: string) => void callbackFailures.push(option),
  };
  const parts = { env, slots, steps: compileBreaker(), observer, keepsLatencies: true };
  const slot = new BreakerSlot(parts, parseOptions(breakerOptions, options, 'breaker'));
  return {
    env,
    slot,
    slots,
    transitions,
    crossings,
    callbackFailures,
    play(votes) {
      for (const letter of votes) {
        const permit = slot.admit();
        if (permit !== REJECTED) slot.settle(permit, VOTES[letter]!, env.now());
      }
      return slot.state;
    },
    admits: () => slot.admit() !== REJECTED,
  };
}
