/** The page in a real browser, fed by a real runtime over a real socket. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createRuntime, type Runtime, type RuntimeOptions } from '../../src/index.ts';
import { readPage } from '../../src/surfaces/cli/page-files.ts';
import type { PageFile } from '../../src/surfaces/feed/serve-feed.ts';
import { serveFeed, type Feed } from '../../src/surfaces/feed/serve-feed.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let files: ReadonlyMap<string, PageFile>;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-page-'));
  await build({ configFile: 'vite.config.ts', logLevel: 'error', build: { outDir: folder } });
  files = (await readPage(folder))!;
  await rm(folder, { recursive: true });
}, 60_000);

test('the page weighs at most 60 KB on the wire, all of it, and has nothing inline', () => {
  const bytes = [...files.values()].reduce((sum, { body }) => sum + gzipSync(body).length, 0);
  const html = new TextDecoder().decode(files.get('/')!.body as Uint8Array);

  expect(bytes).toBeLessThanOrEqual(60 * 1_024);
  expect(html).not.toMatch(/<style|<script(?![^>]* src=)|\sstyle=|\son[a-z]+=/i);
  expect(html).not.toMatch(/https?:\/\//);
});

if (CHROMIUM === undefined) {
  process.stderr.write('The page was not tried in a browser: there is no chromium on this machine.\n');
}

describe.skipIf(CHROMIUM === undefined)('in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM!, args: FLAGS });
  }, 60_000);
  afterAll(() => browser?.close());

  test('a breaker is seen to open and to close again, and the browser has nothing to complain about', async () => {
    const { runtime, feed } = await served();
    const payments = runtime.pipeline('payments', { breaker: { consecutiveFailures: 3, openMs: 60_000 } });
    const { page, complaints } = await open(browser, feed.address);
    const card = page.locator('[data-breaker="payments"]');

    await page.waitForSelector('[data-breaker="payments"][data-state="closed"]');
    expect(page.url()).toBe(`${feed.url}/`);
    expect(await card.innerText()).toContain('closed since the start');

    for (let n = 0; n < 4; n++) await payments.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);
    await page.waitForSelector('[data-breaker="payments"][data-state="open"]');
    expect(await card.innerText()).toMatch(/open[\s\S]*tries again in \d+\.\d s/);
    await page.getByText('payments went from closed to open').waitFor({ state: 'attached' });
    expect(
      await page
        .getByRole('row', { name: /payments/ })
        .getByRole('img')
        .getAttribute('aria-label'),
    ).toBe('3 failure, 1 rejected');

    runtime.breaker('payments').close({ by: 'test', reason: 'the dependency is back' });
    await page.waitForSelector('[data-breaker="payments"][data-state="closed"]');
    await page.getByText('payments went from open to closed').waitFor({ state: 'attached' });

    expect(complaints).toEqual([]);
  });

  test('what the score is made of is shown, the worst first, and why it is not well', async () => {
    const { runtime, feed } = await served({ health: { intervalMs: 50 } });
    runtime.breaker('payments');
    runtime.health.register('disk', () => ({ answer: 'unhealthy', reason: '1 % is free' }));
    const { page, complaints } = await open(browser, feed.address);

    const disk = page.locator('[data-component="check/disk"]');
    await disk.waitFor();

    expect(await disk.innerText()).toMatch(/disk\s+check\s+0\.00\s+0\.00 %/);
    expect(await disk.getByRole('rowheader').getAttribute('title')).toBe('1 % is free');
    expect(await page.locator('[data-component]').first().getAttribute('data-component')).toBe('check/disk');
    expect(complaints).toEqual([]);
  });

  test('a part that is killed is seen to be started again', async () => {
    const { runtime, feed } = await served();
    const { page, complaints } = await open(browser, feed.address);
    const child = page.locator('.child', { hasText: 'health' });
    await child.getByText('running').waitFor();

    await runtime.supervisor.kill('root/control/health', { by: 'test', reason: 'a drill' });

    await child.getByText('started again once').waitFor();
    expect(complaints).toEqual([]);
  });

  test('the charts page draws every actor: its state lit, the arrow it took flashed, the crashed red', async () => {
    const { runtime, feed } = await served();
    const payments = runtime.breaker('payments');
    const { page, complaints } = await open(browser, feed.address);
    const manual = { by: 'test', reason: 'to see it move' };

    await page.getByRole('button', { name: 'charts' }).click();
    const chart = page.getByRole('img', { name: 'breaker of root/core/payments, closed' });
    await chart.waitFor();
    expect(await chart.locator('.state').count()).toBe(7);
    expect(await litIn(page)).toEqual(['closed']);
    expect(await page.locator('.taken').count()).toBe(0);

    payments.open(manual);
    await page.locator('.taken[data-edge="closed open"]').waitFor({ state: 'attached' });
    expect(await litIn(page)).toEqual(['open']);
    expect(await page.getByRole('row', { name: 'waiting open armOpening' }).count()).toBe(1);

    await page.getByRole('button', { name: 'root/control running' }).click();
    await page.getByRole('img', { name: 'supervisor of root/control, running' }).waitFor();
    expect(await litIn(page)).toEqual(['running']);

    const broken = { id: 'broken', start: () => Promise.reject(new Error('broken')), stop() {} };
    runtime.supervise(broken).ready.catch(() => undefined);
    await page.getByRole('button', { name: 'root/surfaces/broken crashed' }).click();
    await page.getByRole('img', { name: 'resource of root/surfaces/broken, crashed' }).waitFor();
    expect(await page.locator('.chart.crashed').count()).toBe(1);

    await page.getByRole('button', { name: 'overview' }).click();
    await page.waitForSelector('[data-breaker="payments"][data-state="open"]');
    expect(complaints).toEqual([]);
  });

  test('the charts page draws an alert while it holds, and the one that is looked at to its end', async () => {
    const { runtime, feed } = await served();
    let isSo = true;
    runtime.alerts.rule({ name: 'stock', severity: 'critical', when: () => isSo && 'fewer than 10 left' });
    const { page, complaints } = await open(browser, feed.address);

    await page.getByRole('button', { name: 'charts' }).click();
    await page.getByRole('button', { name: /^alert .*: stock of .* firing$/ }).click();
    await page.getByRole('img', { name: /^alert of alert .*, firing$/ }).waitFor();
    expect(await litIn(page)).toEqual(['firing']);

    isSo = false;
    await page.locator('.taken[data-edge="firing resolved"]').waitFor({ state: 'attached' });
    expect(await litIn(page)).toEqual(['resolved']);

    await page.getByRole('button', { name: 'root/control running' }).click();
    await page.getByRole('img', { name: 'supervisor of root/control, running' }).waitFor();
    expect(await page.getByRole('button', { name: /^alert/ }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('the level is seen, who holds it, and what it turned off or down', async () => {
    const { runtime, feed } = await served();
    const { degradation } = runtime;
    degradation.feature('recommendations', { until: 'reduced' });
    degradation.limit('tokens', { full: 100_000, reduced: 20_000 });
    const { page, complaints } = await open(browser, feed.address);
    const level = page.getByRole('region', { name: 'Level' });
    await level.getByText('full', { exact: true }).waitFor();

    degradation.override('reduced', { by: 'ada', reason: 'the launch', forMs: 60_000 });

    await level.getByText('held by ada: the launch').waitFor();
    await page.getByRole('row', { name: 'recommendations off the level is reduced' }).waitFor();
    await page.getByRole('row', { name: /tokens 20.000 100.000 when the level is full/ }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('a fall and a recovery are one story: in the history strip at one look, in the timeline line by line', async () => {
    const { runtime, feed } = await served({
      health: { intervalMs: 50 },
      degradation: {
        score: { worsen: [0.7, 0.2, 0.1], improve: [0.9, 0.4, 0.3] },
        loopDelayMs: false,
        heapRatio: false,
        worsenDwellMs: 1,
        improveDwellMs: 1,
      },
    });
    runtime.breaker('catalog');
    runtime.degradation.feature('reviews', { until: 'reduced' });
    runtime.recovery.probe('payments', async () => {});
    const payments = runtime.pipeline('payments', { breaker: { consecutiveFailures: 3, openMs: 60_000 } });
    const { page, complaints } = await open(browser, feed.address);
    const spell = (lane: string, words: RegExp) =>
      page.getByRole('list', { name: `States of ${lane}`, exact: true }).getByRole('listitem', { name: words });
    const line = (words: string) => page.locator('.timeline li', { hasText: words });

    for (let n = 0; n < 3; n++) await payments.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);
    await line('feature reviewson → off').waitFor();
    await spell('breaker payments', /^payments open since/).waitFor({ state: 'attached' });
    await spell('recovery payments', /^payments scheduled since/).waitFor({ state: 'attached' });
    await spell('level', /^level reduced since .*: score is 0.5, below 0.7$/).waitFor({ state: 'attached' });
    await spell('feature reviews', /^reviews off since/).waitFor({ state: 'attached' });

    runtime.breaker('payments').close({ by: 'ada', reason: 'it is back' });
    await line('feature reviewsoff → on').waitFor();
    await spell('level', /^level full since/).waitFor({ state: 'attached' });
    await page.getByText('feature reviews went from off to on').waitFor({ state: 'attached' });

    const lines = await page.locator('.timeline li').evaluateAll((rows) =>
      rows.map((row) =>
        [...row.children]
          .slice(1)
          .map((cell) => cell.textContent)
          .join(' | '),
      ),
    );
    expect(lines.toReversed().map((words) => words.replaceAll(/\s+/g, ' '))).toEqual([
      'breaker payments | closed → open | consecutiveFailures',
      'recovery payments | scheduled | breaker "payments" opened by consecutiveFailures',
      'health | healthy → degraded | score is 0.5',
      'level | full → reduced | score is 0.5, below 0.7',
      'feature reviews | on → off | the level is reduced',
      'breaker payments | open → closed | ada: it is back',
      'recovery payments | succeeded | breaker "payments" is well again',
      'health | degraded → healthy | score is 1',
      'level | reduced → full | every sensor is calm',
      'feature reviews | off → on | the level is full',
    ]);
    expect(complaints).toEqual([]);
  });

  test('an alert has a lane for its component, and the strip says how many lanes are left out', async () => {
    const { runtime, feed } = await served();
    runtime.alerts.rule({
      name: 'stock',
      severity: 'critical',
      when: () => Array.from({ length: 7 }, (_, n) => ({ component: `shelf/${n}`, message: 'few left' })),
    });
    const { page, complaints } = await open(browser, feed.address);

    const shelf = page.getByRole('list', { name: 'States of alert shelf/0', exact: true });
    await shelf.getByRole('listitem', { name: /^shelf\/0 critical since .*: stock$/ }).waitFor({ state: 'attached' });

    expect(await page.locator('.lane.of-alert').count()).toBe(5);
    expect(await page.locator('.strip .more').innerText()).toBe('and 2 more');
    expect(await page.locator('.timeline li', { hasText: 'alert shelf/6' }).innerText()).toContain(
      'raised as critical',
    );
    expect(complaints).toEqual([]);
  });

  test('names as long as names may be are cut, and nothing is wider than a phone', async () => {
    const { runtime, feed } = await served();
    const name = 'payments'.repeat(32);
    runtime.breaker(name).forceOpen({ by: 'ada', reason: 'w'.repeat(256) });
    const { page, complaints } = await open(browser, feed.address);
    await page.setViewportSize({ width: 390, height: 844 });

    const line = page.locator('.timeline li', { hasText: name });
    await line.waitFor();

    expect(await line.locator('.what').getAttribute('title')).toBe(`breaker ${name}`);
    expect(await page.locator('html').evaluate(({ scrollWidth }) => scrollWidth)).toBe(390);
    expect(complaints).toEqual([]);
  });

  test('a name full of markup is shown as what it is', async () => {
    const { runtime, feed } = await served();
    const name = '<img src=x onerror=alert(1)> "__proto__"';
    await runtime.pipeline(name, { timeoutMs: 1_000, breaker: {} }).execute(async () => 1);
    const { page, complaints } = await open(browser, feed.address);

    await page.getByRole('heading', { name }).waitFor();

    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('a page that was opened without a key says where to find it', async () => {
    const { feed } = await served();
    const { page } = await open(browser, feed.url);

    expect(await page.getByRole('status').innerText()).toContain('it ends in #token=');
  });
});

/** The states of the chart that are lit. */
function litIn(page: Page): Promise<(string | null)[]> {
  return page.locator('.state.lit').evaluateAll((states) => states.map((state) => state.getAttribute('data-state')));
}

async function served(options: RuntimeOptions = {}): Promise<{ runtime: Runtime; feed: Feed }> {
  const runtime = await createRuntime({ name: 'shop', ...options });
  onTestFinished(() => runtime.stop());
  const feed = await serveFeed(runtime, { port: 0, files });
  return { runtime, feed };
}

/** out  complaints   whatever the browser reports: errors, warnings, refused by policy, not found */
async function open(browser: Browser, address: string): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => void complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => void complaints.push(error.message));
  page.on('requestfailed', (request) => void complaints.push(`failed: ${request.url()}`));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });
  await page.goto(address);
  return { page, complaints };
}
