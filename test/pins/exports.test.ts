/** Every public name. To take one away is a major version; to add one is a decision. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as holdfast from '../../src/index.ts';
import * as testing from '../../src/testing/index.ts';

const VALUES: readonly string[] = [
  'BREAKER_STATES',
  'BreakerOpenError',
  'ERROR_CODES',
  'HoldfastError',
  'OUTCOMES',
  'charts',
  'attemptsOf',
  'breaker',
  'createRuntime',
  'isHoldfastError',
  'pipeline',
  'withBreaker',
];
const TYPES: readonly string[] = [
  'NamedBreakerOptions',
  'RuntimeEvents',
  'RuntimeHealth',
  'RuntimeMetering',
  'Database',
  'DatabaseOptions',
  'Thread',
  'ThreadCore',
  'ThreadOptions',
  'Files',
  'NetworkListener',
  'Pool',
  'PoolOptions',
  'SqlValue',
  'ErrorFields',
  'Envelope',
  'BoundMeter',
  'MeteredAmounts',
  'MeteredNames',
  'MeteredRecord',
  'TransitionListener',
  'TripCounts',
  'KeyedBreakerOptions',
  'KeyedReading',
  'KeyedBreaker',
  'BreakerSnapshot',
  'Address',
  'Breaker',
  'BreakerCounts',
  'BreakerOptions',
  'BreakerReading',
  'BreakerState',
  'BreakerTransition',
  'CallContext',
  'CallOptions',
  'Chart',
  'ChartEdge',
  'ChartReading',
  'ChartState',
  'ChildReading',
  'EngineReading',
  'Env',
  'ErrorCode',
  'EventType',
  'Fallback',
  'HealthReading',
  'HealthAnswer',
  'HealthCheck',
  'HealthCheckOptions',
  'HealthStatus',
  'HealthTrend',
  'HoldfastEvent',
  'InspectionObserver',
  'Listener',
  'Manual',
  'MeteringReading',
  'Outcome',
  'OutcomeCounts',
  'Permit',
  'Pipeline',
  'PipelineOptions',
  'PipelineReading',
  'Protected',
  'Readings',
  'Runtime',
  'RuntimeOptions',
  'RuntimeReading',
  'SampleReading',
  'Section',
  'SupervisedHandle',
  'SupervisedPart',
  'SupervisorView',
  'Timer',
  'TransitionReading',
  'TreeNode',
  'UsageReading',
  'StoreReading',
  'Failover',
  'FailoversQuery',
  'HealthSample',
  'HistoryEntry',
  'HistorySpan',
  'RuntimeHistory',
  'Trip',
  'TripsQuery',
  'Vote',
];

test('the values of the package are these', () => {
  expect(Object.keys(holdfast).toSorted()).toEqual([...VALUES].toSorted());
});

test('the types of the package are these', () => {
  expect(typesOf('src/index.ts')).toEqual([...TYPES].toSorted());
});

test('holdfast/testing exports these', () => {
  expect(Object.keys(testing)).toEqual(['createVirtualEnv']);
  expect(typesOf('src/testing/index.ts')).toEqual(['VirtualEnv']);
});

/** The names of `export type { … } from` and of `type` members in `export { … } from`: entries declare nothing themselves. */
function typesOf(entry: string): readonly string[] {
  const lists = readFileSync(entry, 'utf8').matchAll(/^export\s+(type\s+)?\{([^}]*)\}/gm);
  const names = [...lists].flatMap(([, isTypeList, list = '']) =>
    list
      .split(',')
      .map((member) => member.trim())
      .filter((member) => member !== '' && (isTypeList !== undefined || member.startsWith('type ')))
      .map((member) => member.replace(/^type /, '').replace(/.* as /, '')),
  );
  return names.toSorted();
}
