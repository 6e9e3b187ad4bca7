/** The promise of a store: kill the process, start it again, and what it said was safe is there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import type { Report } from '../../src/surfaces/cli/demo/report.ts';
import { spawnHoldfast } from './spawn-holdfast.ts';

test(
  'the demo, killed with -9 half way and started again, has every batch it said was committed, and none twice',
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-journey-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'holdfast.db');

    const first = spawnHoldfast('demo', '--seconds', '20', '--json', '--port', '0', '--store', file);
    await first.said(/(committed .*\n.*){5}/);
    first.signalGroup('SIGKILL');
    await first.exitCode;
    const printed = [...first.stderr.matchAll(/^committed (\S+) (\d+)\n/gm)].map(([, id, records]) => ({
      batch_id: id,
      records: Number(records),
    }));
    const second = spawnHoldfast('demo', '--seconds', '3', '--json', '--port', '0', '--store', file);
    expect(await second.exitCode).toBe(0);
    const report = JSON.parse(second.stdout.trimEnd().split('\n').at(-1)!) as Report;

    const database = new DatabaseSync(file, { readOnly: true });
    const batches = database.prepare('SELECT batch_id, records FROM metering_batches').all();
    const [totals] = database.prepare('SELECT sum(count) AS count, sum(tokens) AS tokens FROM metering_totals').all();
    database.close();
    const records = batches.reduce((sum, batch) => sum + Number(batch['records']), 0);
    expect(batches.map((batch) => ({ ...batch }))).toEqual(expect.arrayContaining(printed));
    expect(report.store).toEqual({ state: 'ready', batches: batches.length, records, usage: { ...totals } });
    expect(report.store!.usage.count).toBe(records);
    expect(report.store!.usage.count).toBeGreaterThan(printed.reduce((sum, batch) => sum + batch.records, 0));
    expect(report.metering.recorded).toBe(report.calls);
  },
);
