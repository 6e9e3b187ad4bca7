/** The promises of `npm start`, with the real processes, sockets and time of a user's machine. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import type { Report } from '../../src/surfaces/cli/demo/report.ts';
import { spawnHoldfast } from './spawn-holdfast.ts';

const READY = /page/;

/** The upstream of two breakers dies, and comes back. A recovery is scheduled at once: it waits for the opening. */
const STORY = [
  'breaker payments open',
  'recovery payments scheduled',
  'level self reduced',
  'feature reviews off',
  'breaker payments halfOpen',
  'breaker payments closed',
  'recovery payments succeeded',
  'level self full',
  'feature reviews on',
];
/** The level looks at the score each second and the status has a hysteresis of its own, so neither waits for the other. */
const HEALTH = ['breaker open', 'health degraded', 'breaker closed', 'level full'];

test(
  'twenty seconds of the demo bring every outcome, a fall and a recovery, and a drill, and lose no record',
  { timeout: 60_000 },
  async () => {
    const demo = spawnHoldfast('demo', '--seconds', '20', '--json', '--port', '0');

    const exitCode = await demo.exitCode;
    const lines = demo.stdout.trimEnd().split('\n');
    const report = JSON.parse(lines.at(-1)!) as Report;

    expect(exitCode).toBe(0);
    expect(demo.isGroupAlive).toBe(false);
    expect(Object.entries(report.outcomes).filter(([, count]) => count === 0)).toEqual([]);
    expect(Object.values(report.outcomes).reduce((sum, count) => sum + count)).toBe(report.calls);
    expect(report.health.min).toBeLessThan(0.7);
    expect(report.health.score).toBeGreaterThanOrEqual(0.7);
    expect(report.health.status).toBe('healthy');
    expect(report.metering).toEqual({ recorded: report.calls, flushed: report.calls, pending: 0, dropped: 0 });
    expect(report.engine.kind).toBe('wasm');
    expect(report.engine.ticks).toBeGreaterThan(0);
    expect(report.feed.frames).toBeGreaterThan(20);
    expect(report.feed.clientEqual).toBe(true);
    expect(report.restarts).toBe(1); // the demo's own drill: see the metering, which is exact all the same

    // It healed itself: the upstream died and came back between the first of these and the last.
    const healing = [...report.levels, ...report.flags, ...report.recoveries]
      .filter(({ type }) => type !== 'recovery.attempted')
      .toSorted((a, b) => a.atMs - b.atMs);
    expect(healing.map((event) => said(event))).toEqual([
      'recovery.scheduled payments',
      'degradation.changed full → reduced',
      'flag.changed reviews off',
      'recovery.ended payments succeeded',
      'degradation.changed reduced → full',
      'flag.changed reviews on',
    ]);

    // The same as one story, with what it came from and what came of it.
    const { timeline } = report;
    expect(
      inOrder(
        timeline.map(({ kind, subject, became }) => `${kind} ${subject} ${became}`),
        STORY,
      ),
    ).toEqual(STORY);
    expect(
      inOrder(
        timeline.map(({ kind, became }) => `${kind} ${became}`),
        HEALTH,
      ),
    ).toEqual(HEALTH);
    expect(timeline.find(({ kind }) => kind === 'level')?.because).toMatch(/^score is 0\.\d+, below 0\.75$/);
    expect(timeline).toEqual(timeline.toSorted((a, b) => a.atMs - b.atMs));

    const opened = report.alerts.filter(
      ({ rule, component }) => `${rule} ${component}` === 'breakerOpened breaker/payments',
    );
    expect(opened.map(({ type }) => type)).toEqual(['alert.raised', 'alert.resolved']);

    const invoices = report.transitions.filter(({ breaker }) => breaker === 'invoices');
    expect(invoices.map(({ from, to }) => `${from} → ${to}`)).toEqual([
      'closed → open',
      'open → halfOpen',
      'halfOpen → closed',
    ]);
    expect(report.transitions.filter(({ rule }) => rule === 'manual')).toEqual([]);
  },
);

test('Ctrl-C ends the demo within two seconds, with its report, and leaves nothing running', async () => {
  const demo = spawnHoldfast('demo', '--json', '--port', '0');
  await demo.said(READY);

  const beganMs = performance.now();
  demo.signalGroup('SIGINT');
  const exitCode = await demo.exitCode;

  expect(performance.now() - beganMs).toBeLessThan(2_000);
  expect(exitCode).toBe(0);
  expect(demo.isGroupAlive).toBe(false);
  expect(JSON.parse(demo.stdout)).toMatchObject({ metering: { pending: 0, dropped: 0 }, feed: { clientEqual: true } });
});

test('a second signal ends it at once with the code of an interrupted program, and still leaves nothing running', async () => {
  const demo = spawnHoldfast('demo', '--port', '0');
  await demo.said(READY);

  demo.signalGroup('SIGINT');
  process.kill(demo.process.pid!, 'SIGTERM'); // two of a kind might be delivered as one

  expect(await demo.exitCode).toBe(130); // which comes when the upstreams, too, have let go of stderr
});

test('a demo whose reader goes away ends, as in a pipe to head', async () => {
  const demo = spawnHoldfast('demo', '--port', '0');
  await demo.said(READY);

  demo.process.stdout!.destroy();

  expect(await demo.exitCode).toBe(0);
  expect(demo.isGroupAlive).toBe(false);
});

test('a demo that is killed takes its upstreams with it', async () => {
  const demo = spawnHoldfast('demo', '--port', '0');
  await demo.said(READY);

  process.kill(demo.process.pid!, 'SIGKILL');

  expect(await demo.exitCode).toBeNull(); // which comes when the upstreams, too, have let go of stderr
});

test('a port in use is an error that names the port and the option to change it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as { port: number };

  const demo = spawnHoldfast('demo', '--port', String(port));

  expect(await demo.exitCode).toBe(1);
  expect(demo.stderr).toContain(`received ${port} `);
  expect(demo.stderr).toContain('--port');
  expect(demo.stdout).toBe('');
  expect(demo.isGroupAlive).toBe(false);
});

test.each([
  [['demo', '--help'], 0, /--seconds <n>/],
  [['--help'], 0, /demo/],
  [['demo', '--seconds', '0'], 1, /Expected a whole number from 1 to 86400/],
  [['demo', '--port', '65536'], 1, /Expected a whole number from 0 to 65535/],
  [['demo', '--prot', '1'], 1, /Did you mean --port/],
  [['dmeo'], 1, /Did you mean demo/],
])('holdfast %j exits with %d and says %s', async (args, code, words) => {
  const holdfast = spawnHoldfast(...args);

  expect(await holdfast.exitCode).toBe(code);
  expect(holdfast.stdout + holdfast.stderr).toMatch(words);
});

/** As much of a story as is told in this order, whatever else is told in between. */
function inOrder(told: readonly string[], story: readonly string[]): readonly string[] {
  let from = 0;
  return story.filter((line) => {
    const at = told.indexOf(line, from);
    if (at >= 0) from = at + 1;
    return at >= 0;
  });
}

/** An event of the report's in a few words; attempts are as many as it takes, and left out. */
function said(event: Report['levels' | 'flags' | 'recoveries'][number]): string {
  switch (event.type) {
    case 'degradation.changed':
      return `${event.type} ${event.from} → ${event.to}`;
    case 'flag.changed':
      return `${event.type} ${event.flag} ${event.enabled ? 'on' : 'off'}`;
    case 'recovery.ended':
      return `${event.type} ${event.service} ${event.result}`;
    default:
      return `${event.type} ${event.service}`;
  }
}
