import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { forkUpstreams } from '../../../src/surfaces/cli/demo/fork-upstreams.ts';
import { fetchAnswer, StatusError, voteOf } from '../../../src/surfaces/cli/demo/fetch-answer.ts';

test('the upstreams answer as the script says, and are gone when they were stopped', async () => {
  const onExit = vi.fn<(error: Error) => void>();
  const upstreams = await forkUpstreams(onExit);
  onTestFinished(() => upstreams.stop());

  const answer = await fetchAnswer(upstreams.urlOf('flaky'), AbortSignal.timeout(5_000));
  await upstreams.stop();
  await upstreams.stop();

  expect(answer).toEqual({ upstream: 'flaky', tokens: 148 });
  await expect(fetch(upstreams.urlOf('flaky'))).rejects.toThrow('fetch failed');
  expect(onExit).not.toHaveBeenCalled();
});

test('a process that dies on its own is reported once, with how it ended', async () => {
  const death = Promise.withResolvers<Error>();
  const upstreams = await forkUpstreams(death.resolve);

  process.kill(upstreams.pid, 'SIGKILL');

  expect((await death.promise).message).toBe("the upstreams' process ended on its own (SIGKILL)");
  await upstreams.stop();
});

test('Ctrl-C does not take the upstreams away from calls under way', async () => {
  const upstreams = await forkUpstreams(() => undefined);
  onTestFinished(() => upstreams.stop());
  const socket = connect(Number(new URL(upstreams.urlOf('steady')).port), '127.0.0.1');
  await once(socket, 'connect');

  process.kill(upstreams.pid, 'SIGINT');

  await expect(fetchAnswer(upstreams.urlOf('steady'), AbortSignal.timeout(5_000))).resolves.toBeDefined();
  socket.destroy();
});

test('an answer beyond 299 is an error; only an unknown product says nothing about the upstream', () => {
  expect(voteOf(new StatusError('http://shop/7', 404))).toBe('ignored');
  expect(voteOf(new StatusError('http://shop/7', 503))).toBe('failure');
  expect(voteOf(new TypeError('fetch failed'))).toBe('failure');
  expect(new StatusError('http://shop/7', 503).message).toBe(
    'http://shop/7: expected a status of 200 to 299, received 503',
  );
});
