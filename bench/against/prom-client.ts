/** The door to prom-client: a counter with our four labels in a registry of its own. */
import { Counter, Registry } from 'prom-client';

export interface Tokens {
  add(labels: { tenant: string; operation: string; tier: string; agent: string }, tokens: number): void;
  total(): Promise<number>;
}

export function tokenCounter(): Tokens {
  const counter = new Counter({
    name: 'tokens_total',
    help: 'Tokens used.',
    labelNames: ['tenant', 'operation', 'tier', 'agent'],
    registers: [new Registry()],
  });
  return {
    add: (labels, tokens) => counter.inc(labels, tokens),
    total: async () => (await counter.get()).values.reduce((sum, { value }) => sum + value, 0),
  };
}
