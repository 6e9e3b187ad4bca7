/** Headers of the application's own: what is taken can be sent, and what cannot be sent is not taken. */
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { httpHeaders } from '../../src/core/http-headers.ts';
import { realEnv } from '../../src/core/real-env.ts';
import { cloudEventsSink, webhook } from '../../src/index.ts';

test.each([
  'Connection',
  'content-length',
  'expect',
  'Host',
  'keep-alive',
  'proxy-connection',
  'TE',
  'trailer',
  'transfer-encoding',
  'upgrade',
])("%s is the connection's own, and refused without saying its value", (name) => {
  const headers = { [name]: 'CANARY' };
  const expected = `expected no header "${name}", which is the connection's own, received something else`;

  expect(() => webhook({ url: 'http://host/', headers })).toThrow(`webhook.headers: ${expected}`);
  expect(() => cloudEventsSink({ url: 'http://host/', headers })).toThrow(`cloudEventsSink.headers: ${expected}`);
});

test('a header by the name __proto__ is refused, as it would be left out, without saying its value', () => {
  const headers = JSON.parse('{ "__proto__": "CANARY" }') as Record<string, string>;
  const expected = 'expected an object of header values, none of them by the name "__proto__", received something else';

  expect(() => webhook({ url: 'http://host/', headers })).toThrow(`webhook.headers: ${expected}`);
});

test.each(['a\u0001b', 'a\u007Fb', 'a\nb', '\u0000', '\u0100'])('the value %j is refused', (value) => {
  expect(httpHeaders().safeParse({ authorization: value }).success).toBe(false);
});

test('what is accepted arrives', async () => {
  const headers = {
    authorization: 'Bearer a\tb',
    'x-empty': '',
    'X-Latin': 'é',
    cookie: 'a=b',
    accept: '*/*',
    date: 'x',
  };
  const got: unknown[] = [];
  const server = createServer(({ headers }, response) => {
    got.push(headers);
    response.end();
  });
  const { address, close } = await realEnv().listen(server, { host: '127.0.0.1', port: 0 });
  onTestFinished(close);
  await realEnv().fetch(`http://127.0.0.1:${address.port}/`, {
    method: 'POST',
    body: '{}',
    headers: httpHeaders().parse(headers),
  });

  const { 'X-Latin': latin, ...others } = headers;
  expect(got).toEqual([expect.objectContaining({ ...others, 'x-latin': latin })]);
});
