/** Every suite by its name, in the order of the report. Each is imported only in the process that runs it. */
import type { Suite } from './suite.ts';

export const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  clock: async () => (await import('./suites/clock.ts')).clockSuite,
  breaker: async () => (await import('./suites/breaker.ts')).breakerSuite,
  pipeline: async () => (await import('./suites/pipeline.ts')).pipelineSuite,
  rejection: async () => (await import('./suites/rejection.ts')).rejectionSuite,
  failure: async () => (await import('./suites/failure.ts')).failureSuite,
  metering: async () => (await import('./suites/metering.ts')).meteringSuite,
  drain: async () => (await import('./suites/drain.ts')).drainSuite,
  scoring: async () => (await import('./suites/scoring.ts')).scoringSuite,
  http: async () => (await import('./suites/http.ts')).httpSuite,
  health: async () => (await import('./suites/health.ts')).healthSuite,
  isolation: async () => (await import('./suites/isolation.ts')).isolationSuite,
  supervision: async () => (await import('./suites/supervision.ts')).supervisionSuite,
  idle: async () => (await import('./suites/idle.ts')).idleSuite,
  storm: async () => (await import('./suites/storm.ts')).stormSuite,
  slopes: async () => (await import('./suites/slopes.ts')).slopesSuite,
  flags: async () => (await import('./suites/flags.ts')).flagsSuite,
  store: async () => (await import('./suites/store.ts')).storeSuite,
  import: async () => (await import('./suites/import.ts')).importSuite,
};
