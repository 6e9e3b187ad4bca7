/**
 * The loops around the measured call, by how the call ends.
 *
 * Each contestant gets a module instance of its own (`race.ts` imports this file under another query each time), hence
 * its own compiled loop: one shared call site would turn megamorphic and charge everybody for the others.
 */
import { performance } from 'node:perf_hooks';

export type Way = 'returns' | 'resolves' | 'rejects';

export interface Loop {
  /** Call so many times. out  the last answer; for `rejects`, the last reason */
  batch(call: () => unknown, times: number): unknown;
  /** Time each call by itself, into `nsOf`, from `start` to before `end`. Nothing is subtracted. */
  singles(call: () => unknown, nsOf: Float64Array, start: number, end: number): unknown;
}

export const LOOPS: Readonly<Record<Way, Loop>> = {
  returns: {
    batch(call, times) {
      let answer: unknown;
      for (let done = 0; done < times; done++) answer = call();
      return answer;
    },
    singles(call, nsOf, start, end) {
      for (let at = start; at < end; at++) {
        const from = performance.now();
        call();
        nsOf[at] = (performance.now() - from) * 1e6;
      }
    },
  },

  resolves: {
    async batch(call, times) {
      let answer: unknown;
      for (let done = 0; done < times; done++) answer = await call();
      return answer;
    },
    async singles(call, nsOf, start, end) {
      for (let at = start; at < end; at++) {
        const from = performance.now();
        await call();
        nsOf[at] = (performance.now() - from) * 1e6;
      }
    },
  },

  rejects: {
    async batch(call, times) {
      let reason: unknown;
      let rejected = 0;
      for (let done = 0; done < times; done++) {
        try {
          await call();
        } catch (error) {
          reason = error;
          rejected++;
        }
      }
      if (rejected !== times) throw new Error(`expected ${times} rejections, received ${rejected}`);
      return reason;
    },
    async singles(call, nsOf, start, end) {
      for (let at = start; at < end; at++) {
        const from = performance.now();
        try {
          await call();
        } catch {
          nsOf[at] = (performance.now() - from) * 1e6;
        }
      }
    },
  },
};
