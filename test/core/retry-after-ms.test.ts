/** What a response says in Retry-After, as milliseconds. */
import { expect, test } from 'vitest';
import { retryAfterMs } from '../../src/index.ts';

test.each([
  ['120', undefined, 120_000],
  ['0', undefined, 0],
  ['9999999999', undefined, 9_999_999_999_000],
  ['9'.repeat(400), undefined, Number.MAX_SAFE_INTEGER],
  ['-5', undefined, undefined],
  ['5.5', undefined, undefined],
  ['1e3', undefined, undefined],
  ['Infinity', undefined, undefined],
  ['NaN', undefined, undefined],
  ['', undefined, undefined],
  ['Fri, 31 Dec 1999 23:59:59 GMT', 'Fri, 31 Dec 1999 23:58:59 GMT', 60_000],
  ['Fri, 31 Dec 1999 23:58:59 GMT', 'Fri, 31 Dec 1999 23:59:59 GMT', 0],
  ['Friday, 31-Dec-99 23:59:59 GMT', 'Fri, 31 Dec 1999 23:58:59 GMT', 60_000],
  ['Fri Dec 31 23:59:59 1999', 'Fri, 31 Dec 1999 23:58:59 GMT', 60_000],
  ['Fri, 31 Dec 1999 23:59:59 GMT', undefined, undefined],
  ['Fri, 31 Dec 1999 23:59:59 GMT', 'yesterday', undefined],
  ['soon, at 12:00', 'Fri, 31 Dec 1999 23:58:59 GMT', undefined],
  ['31', 'yesterday', 31_000],
])('Retry-After %j with Date %j is %s ms', (retryAfter, date, ms) => {
  const headers = new Headers({ 'retry-after': retryAfter, ...(date !== undefined && { date }) });

  expect(retryAfterMs(headers)).toBe(ms);
});

test('without the header it says nothing', () => {
  expect(retryAfterMs(new Headers())).toBeUndefined();
});
