/** Metering that was turned off: what the application calls says no, at the cost of the call. */
import { nullRecord } from './core/null-record.ts';
import type { MeteringReading } from './core/readings.ts';
import type { RuntimeMetering } from './runtime-faces.ts';

export const METERING_OFF_READING: MeteringReading = Object.freeze({
  enabled: false,
  recorded: 0,
  flushed: 0,
  pending: 0,
  dropped: 0,
  refused: 0,
  mismatched: 0,
  overflow: 0,
  metadataCut: 0,
  lagMs: 0,
  undelivered: 0,
  sinks: Object.freeze(nullRecord<never>()),
});

const no = (): false => false;

export const METERING_OFF: RuntimeMetering = Object.freeze<RuntimeMetering>({
  record: no,
  bind: () => NO_METER,
  hooks: Object.freeze({
    onConstitutionalValidation: no,
    onAgentMessage: no,
    onPolicyEvaluation: no,
    onDeliberationRequest: no,
    onHitlApproval: no,
  }),
  metered: (fn) => fn,
  flush: async () => {},
  totals: () => METERING_OFF_READING,
  usage: async () => [],
});

const NO_METER = Object.freeze({ record: no });
