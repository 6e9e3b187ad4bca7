/** DESIGN's statecharts are what the command prints: a chart that changes changes its picture. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { spawnHoldfast } from '../journeys/spawn-holdfast.ts';

test('DESIGN.md holds what `holdfast charts --mermaid` prints', async () => {
  const holdfast = spawnHoldfast('charts', '--mermaid');

  expect(await holdfast.exitCode).toBe(0);
  expect(holdfast.stdout).toMatch(/^### breaker\n\n```mermaid\nstateDiagram-v2\n/);
  expect(readFileSync('DESIGN.md', 'utf8')).toContain(holdfast.stdout);
});

test('`holdfast charts` names each chart and its states', async () => {
  const holdfast = spawnHoldfast('charts');

  expect(await holdfast.exitCode).toBe(0);
  expect(holdfast.stdout).toContain('breaker: closed open halfOpen forcedOpen disabled metricsOnly stopped\n');
});
