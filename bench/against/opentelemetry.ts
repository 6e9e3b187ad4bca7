/** The door to OpenTelemetry's metrics SDK: a counter with our four attributes, and a reader, without which it stores nothing. */
import { DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { Tokens } from './prom-client.ts';

/** Collects when asked, as an exporter that is scraped does. */
class PullReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

export function tokenCounter(): Tokens {
  const reader = new PullReader();
  const counter = new MeterProvider({ readers: [reader] }).getMeter('bench').createCounter('tokens_total');
  return {
    add: (attributes, tokens) => counter.add(tokens, attributes),
    total: async () => {
      const { resourceMetrics } = await reader.collect();
      const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
      return metrics
        .flatMap((metric) => (metric.dataPointType === DataPointType.SUM ? metric.dataPoints : []))
        .reduce((sum, point) => sum + point.value, 0);
    },
  };
}
