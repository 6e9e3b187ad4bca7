import { expect, test } from 'vitest';
import { colour, paintFor, plain } from '../../../src/surfaces/cli/terminal/paint.ts';
import { summaryLine, tableLines } from '../../../src/surfaces/cli/terminal/table.ts';
import { sampleReadings } from './sample-readings.ts';

test('the table shows breakers, outcomes, tenants, metering and the last transitions', () => {
  const lines = tableLines(sampleReadings, 12, plain);

  expect(lines).toEqual([
    'demo  12 s  61 calls  health 0.50 degraded  lowest 0.41  level reduced',
    '',
    'breaker      state         failing      p50      p99  refused',
    'catalog      ● closed         25 %   7.0 ms    13 ms        0',
    'payments     ○ open              –        –        –       31  tries in 1.2 s',
    'invoices     ◐ halfOpen          –    19 ms  1204 ms        0',
    '',
    'pipeline      success fallback  failure  timeout rejected  ignored  aborted',
    'catalog            20        0        0        0        0        1        0',
    'payments            5       34        0        0        0        0        0',
    '',
    'tenant          calls     tokens      mean',
    'harbour            40       4011     18 ms',
    'metered: 60 recorded = 40 flushed + 20 pending + 0 dropped',
    '',
    '      at transition                          rule',
    '   4.4 s payments     closed → open          consecutiveFailures',
    '  12.0 s invoices     open → halfOpen        deadline',
  ]);
});

test('a log gets one line that names every breaker which is not closed', () => {
  expect(summaryLine(sampleReadings, 10)).toBe(
    '10 s  61 calls  health 0.50 degraded  level reduced  payments open, invoices halfOpen',
  );
});

test('a name that holds escapes, line breaks or bidi marks reaches the terminal as blanks, and is cut to its column', () => {
  const { catalog } = sampleReadings.breakers;
  const hostile = '\u001b[2J\r\n\u202Eabcdefghijkl';

  const [, row] = tableLines({ ...sampleReadings, breakers: { [hostile]: catalog! } }, 0, plain).slice(2);

  expect(row).toBe(' [2J   abcd… ● closed         25 %   7.0 ms    13 ms        0');
});

test('colour is for a terminal whose user has not set NO_COLOR', () => {
  expect(paintFor({ isTTY: true }, undefined)).toBe(colour);
  expect(paintFor({ isTTY: true }, '')).toBe(colour);
  expect(paintFor({ isTTY: true }, '1')).toBe(plain);
  expect(paintFor({ isTTY: false }, undefined)).toBe(plain);
  expect(paintFor({}, undefined)).toBe(plain);
});

test('colour changes no letter and no column of the table', () => {
  const painted = tableLines(sampleReadings, 12, colour);

  expect(painted.join('\n')).toContain('\u001b[31m○ open\u001b[39m');
  // oxlint-disable-next-line no-control-regex -- it is the escape that is looked for
  expect(painted.map((line) => line.replace(/\u001b\[\d+m/g, ''))).toEqual(tableLines(sampleReadings, 12, plain));
});
