/** Metering on a virtual clock, with a worker and a ledger that fail when they are told to. */
import type { Env } from '../../../src/core/env.ts';
import type { HoldfastEvent } from '../../../src/core/events.ts';
import { Dispatcher } from '../../../src/core/dispatcher.ts';
import type { Batch, Ledger, Place } from '../../../src/durable/metering/ledger.ts';
import { MemoryLedger } from '../../../src/durable/metering/memory-ledger.ts';
import { Metering } from '../../../src/durable/metering/metering.ts';
import { openKernel } from '../../../src/hotpath/kernel.ts';
import { allocateMemory, type SharedMemory } from '../../../src/hotpath/memory.ts';
import { createVirtualEnv, type VirtualEnv } from '../../../src/testing/virtual-env.ts';

export type WorkerFault = 'lostBefore' | 'lostHalfway' | 'lostAfter';
export type LedgerFault = 'failsBefore' | 'failsAfter';

export interface MeteringRig {
  readonly env: VirtualEnv;
  readonly memory: SharedMemory;
  readonly metering: Metering;
  readonly ledger: MemoryLedger;
  readonly events: HoldfastEvent[];
  readonly failures: unknown[];
  readonly drains: [from: number, to: number][];
  /** How often something was put off to the next turn. */
  deferrals: number;
  /** What happens to the next drains and commits; when it is empty, nothing does. */
  readonly workerFaults: WorkerFault[];
  readonly ledgerFaults: LedgerFault[];
}

export function meteringRig(
  given: {
    startAt?: number;
    ringRecords?: number;
    isLedgerAsync?: boolean;
    windowMs?: number;
    sinks?: readonly string[];
    groups?: number;
  } = {},
): MeteringRig {
  const { startAt = 0, ringRecords = 16, isLedgerAsync = false, windowMs = 60_000, sinks = [], groups = 16 } = given;
  const env = createVirtualEnv({ seed: 1 });
  const memory = allocateMemory({ slots: 16, blockBytes: 64, ringRecords, groups });
  const dispatcher = new Dispatcher(env, 'policy');
  const events: HoldfastEvent[] = [];
  dispatcher.on('*', (event) => void events.push(event));
  const kernel = openKernel(memory);
  const ledger = new MemoryLedger();
  const failures: unknown[] = [];
  const drains: [number, number][] = [];
  const workerFaults: WorkerFault[] = [];
  const ledgerFaults: LedgerFault[] = [];

  const drain = async (from: number, to: number): Promise<number> => {
    drains.push([from, to]);
    const fault = workerFaults.shift();
    if (fault === 'lostHalfway') kernel.drain(from, from + ((to - from) >> 1));
    if (fault === 'lostAfter') kernel.drain(from, to);
    if (fault !== undefined) throw new Error(`the worker was ${fault}`);
    return kernel.drain(from, to);
  };
  const faulty: Ledger = {
    begin: (runId, sinks) => ledger.begin(runId, sinks),
    waiting: (sink, limit) => ledger.waiting(sink, limit),
    delivered: (sink, ids) => ledger.delivered(sink, ids),
    usage: (query) => ledger.usage(query),
    commit: (batch, place) => (isLedgerAsync ? commitLater(batch, place) : commit(batch, place)),
  };
  const commitLater = async (batch: Batch, place: Place): Promise<boolean> => commit(batch, place);
  const commit = (batch: Batch, place: Place): boolean => {
    const fault = ledgerFaults.shift();
    if (fault === 'failsBefore') throw new Error('the ledger failed before it had stored');
    const isStored = ledger.commit(batch, place);
    if (fault === 'failsAfter') throw new Error('the ledger had stored, and failed to say so');
    return isStored;
  };

  const onFailure = (error: unknown): void => void failures.push(error);
  const counting: Env = {
    ...env,
    defer: (fn) => {
      rig.deferrals++;
      env.defer(fn);
    },
  };
  const metering = new Metering({
    env: counting,
    events: dispatcher,
    memory,
    ledger: faulty,
    windowMs,
    sinks,
    policyHash: 'policy',
    drain,
    onFailure,
    startAt,
  });
  const rig = { env, memory, metering, ledger, events, failures, drains, deferrals: 0, workerFaults, ledgerFaults };
  return rig;
}
