import { beforeEach, describe, expect, test } from 'vitest';
import {
  connectFeed,
  type Ambient,
  type ConnectOptions,
  type FeedClient,
  type FeedSocket,
  type FeedStatus,
} from '../../../src/surfaces/client/connect-feed.ts';
import { isHoldfastError } from '../../../src/core/errors.ts';
import { createVirtualEnv, type VirtualEnv } from '../../../src/testing/virtual-env.ts';

/** A socket whose server is the test. */
class ScriptedSocket implements FeedSocket {
  static opened: ScriptedSocket[] = [];
  onmessage: FeedSocket['onmessage'] = null;
  onclose: FeedSocket['onclose'] = null;
  onerror: FeedSocket['onerror'] = null;
  closedWith: number | undefined;
  readonly url: string;
  readonly protocols: readonly string[];

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
    ScriptedSocket.opened.push(this);
  }
  close(code?: number): void {
    this.closedWith = code;
  }

  says(message: unknown): void {
    this.onmessage?.({ data: typeof message === 'object' ? JSON.stringify(message) : message });
  }
  drops(reason = ''): void {
    this.onclose?.({ code: 1006, reason });
  }
}

const snapshot = (seq: number, count: number, epoch = 'e1'): object => ({
  v: 1,
  type: 'snapshot',
  epoch,
  seq,
  atMs: 0,
  state: [['usage', 'acme', { count }]],
});
const delta = (seq: number, count: number, epoch = 'e1'): object => ({
  v: 1,
  type: 'delta',
  epoch,
  seq,
  atMs: 0,
  set: [['usage', 'acme', { count }]],
  unset: [],
});

let clock: VirtualEnv;
let statuses: FeedStatus[];

beforeEach(() => {
  clock = createVirtualEnv({ seed: 1 });
  statuses = [];
  ScriptedSocket.opened = [];
});

const connect = (options: Partial<ConnectOptions> = {}, random = 0.5): FeedClient => {
  const ambient: Ambient = {
    setTimeout: (fn, ms) => clock.setTimer(fn, ms, false),
    clearTimeout: (timer) => clock.clearTimer(timer),
    random: () => random,
  };
  const onStatus = (status: FeedStatus): unknown => statuses.push(status);
  return connectFeed(
    { url: 'http://127.0.0.1:7433', token: 'abc', WebSocket: ScriptedSocket, onStatus, ...options },
    ambient,
  );
};
const last = (): ScriptedSocket => ScriptedSocket.opened.at(-1)!;

describe('the connection', () => {
  test.each([
    ['http://127.0.0.1:7433', 'ws://127.0.0.1:7433/feed'],
    ['http://127.0.0.1:7433/#token=abc', 'ws://127.0.0.1:7433/feed'],
    ['https://status.example.com/orders/', 'wss://status.example.com/orders/feed'],
    ['ws://[::1]:1', 'ws://[::1]:1/feed'],
  ])('to %s goes to %s, with the token as subprotocol', (url, expected) => {
    connect({ url });

    expect(last().url).toBe(expected);
    expect(last().protocols).toEqual(['holdfast.v1', 'token.abc']);
  });

  test.each<[string, Partial<ConnectOptions>, string]>([
    ['no address', { url: 'orders' }, 'connectFeed.url: expected the address of a feed'],
    ['a file', { url: 'file:///feed' }, 'received the scheme "file:"'],
    ['a token no feed gives', { token: 'a b' }, 'connectFeed.token: expected the token serveFeed gave'],
  ])('%s is an error at once', (_title, options, message) => {
    expect(() => connect(options)).toThrow(message);
    expect(ScriptedSocket.opened).toEqual([]);
  });

  test.each<[unknown, string]>([
    [undefined, 'connectFeed: expected an object of options, received undefined'],
    [{ url: 'http://a' }, 'connectFeed.token: expected the token serveFeed gave, received undefined'],
    [
      { token: 'abc' },
      'connectFeed.url: expected the address of a feed, e.g. "http://127.0.0.1:7433", received undefined',
    ],
    [
      { url: 'http://a', token: 12 },
      'connectFeed.token: expected the token serveFeed gave, received one of type number',
    ],
    [
      { url: 'http://a', token: 'abc', reconect: false },
      'connectFeed: has no key "reconect"; the keys are url, token, WebSocket, onChange, onStatus, reconnect',
    ],
    [
      { url: 'http://a', token: 'abc', reconnect: 0 },
      'connectFeed.reconnect: expected true or false, received one of type number',
    ],
  ])('%j is refused before anything is opened', (options, message) => {
    expect(() => connectFeed(options as ConnectOptions)).toThrow(message);
    expect(ScriptedSocket.opened).toEqual([]);
  });

  test('an option that is wrong is an error of the library, and its message holds no token', () => {
    try {
      connect({ token: 'my secret' });
      expect.unreachable();
    } catch (error) {
      expect(isHoldfastError(error)).toBe(true);
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).not.toContain('secret');
    }
  });
});

describe('frames', () => {
  test('a snapshot and its deltas are the state; every change is a new value', () => {
    const heard: unknown[] = [];
    const client = connect({ onChange: (state, view) => heard.push([view.seq, state.usage['acme']?.count]) });
    expect([client.seq, client.status.phase]).toEqual([-1, 'connecting']);

    last().says(snapshot(4, 1));
    const before = client.state;
    last().says(delta(5, 2));

    expect(heard).toEqual([
      [4, 1],
      [5, 2],
    ]);
    expect(client.seq).toBe(5);
    expect(client.status).toEqual({ phase: 'live', epoch: 'e1' });
    expect(before.usage['acme']?.count).toBe(1);
    expect(client.state.breakers).toBe(before.breakers);
  });

  test.each<[string, object]>([
    ['a number too far', delta(6, 9)],
    ['a number it had', delta(4, 9)],
    ['another epoch', delta(5, 9, 'e2')],
  ])('a delta with %s is not applied: the client asks for a snapshot on a new connection', (_title, frame) => {
    const client = connect();
    last().says(snapshot(4, 1));

    const first = last();
    first.says(frame);
    expect([client.seq, client.counts.resyncs]).toEqual([4, 1]);
    first.says(delta(5, 8));
    clock.advance(250);
    last().says(snapshot(9, 3, 'e2'));

    expect(first.closedWith).toBe(4000);
    expect(client.counts).toMatchObject({ resyncs: 1, connects: 2 });
    expect([client.seq, client.state.usage['acme']?.count]).toEqual([9, 3]);
  });

  test('a delta before any snapshot does not follow either', () => {
    const client = connect();

    last().says(delta(1, 1));

    expect(client.counts.resyncs).toBe(1);
    expect(client.status.phase).toBe('waiting');
  });

  test.each<[string, unknown]>([
    ['binary', new ArrayBuffer(4)],
    ['no JSON', '{'],
    ['null', 'null'],
    ['a number', '7'],
    ['another version', { ...snapshot(5, 2), v: 2 }],
    ['another type', { ...snapshot(5, 2), type: 'news' }],
    ['no epoch', { ...snapshot(5, 2), epoch: 1 }],
    ['a sequence that is none', { ...snapshot(5, 2), seq: 1.5 }],
    ['a time that is none', { ...snapshot(5, 2), atMs: null }],
    ['a state that is none', { ...snapshot(5, 2), state: {} }],
    ['an entry without a value', { ...snapshot(5, 2), state: [['usage', 'acme']] }],
    ['an entry with a key that is none', { ...snapshot(5, 2), state: [['usage', 1, {}]] }],
    ['a delta without unset', { ...delta(5, 2), unset: undefined }],
    ['a name that is none', { ...delta(5, 2), unset: ['usage'] }],
  ])('%s is no frame: counted, and nothing changes', (_title, message) => {
    const client = connect();
    last().says(snapshot(4, 1));
    const before = client.state;

    last().onmessage!({
      data: message instanceof ArrayBuffer || typeof message === 'string' ? message : JSON.stringify(message),
    });

    expect(client.counts).toMatchObject({ ignored: 1, frames: 1 });
    expect(client.state).toBe(before);
  });

  test('names that are keys of every object are names like any other', () => {
    const client = connect();

    last().says(
      '{"v":1,"type":"snapshot","epoch":"e","seq":1,"atMs":0,"state":[["__proto__","__proto__",{"x":1}],["usage","__proto__",{"count":5}]]}',
    );
    last().says({ v: 1, type: 'delta', epoch: 'e', seq: 2, atMs: 0, set: [], unset: [['usage', 'constructor']] });

    expect(client.state.usage['__proto__']).toEqual({ count: 5 });
    expect(Object.getPrototypeOf(client.state)).toBeNull();
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

describe('a lost connection', () => {
  test('is tried again after pauses that double, half of them chance, up to 15 s', () => {
    const delays = (random: number): number[] => {
      statuses = [];
      connect({}, random);
      for (let attempt = 1; attempt <= 8; attempt++) {
        last().drops();
        clock.advance(15_000);
      }
      return statuses.flatMap((status) => (status.phase === 'waiting' ? [status.delayMs] : []));
    };

    expect(delays(0)).toEqual([250, 500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500]);
    expect(delays(1)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  test('keeps its last state, and begins with short pauses again once it was live', () => {
    const client = connect({}, 0);
    last().drops('refused');
    clock.advance(250);
    last().says(snapshot(4, 1));

    last().drops('gone');

    expect(client.state.usage['acme']?.count).toBe(1);
    expect(client.status).toEqual({ phase: 'waiting', attempt: 0, delayMs: 125, reason: 'gone' });
  });

  test('ends the client where it shall not reconnect', async () => {
    const client = connect({ reconnect: false });
    const waiting = client.waitFor(() => true);

    last().drops();

    await expect(waiting).rejects.toMatchObject({ code: 'STOPPED' });
    expect(client.status).toEqual({ phase: 'closed', reason: 'the connection ended with code 1006' });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('waiting for a state', () => {
  test('ends with the frame that brings it, and only while the state is live', async () => {
    const client = connect();
    let arrived = false;
    const waiting = client.waitFor((state) => state.usage['acme']?.count === 2).then(() => (arrived = true));

    last().says(snapshot(1, 1));
    await Promise.resolve();
    expect(arrived).toBe(false);
    last().says(delta(2, 2));
    await waiting;
    last().drops();
    const again = client.waitFor((state) => state.usage['acme']?.count === 2);
    client.close();

    await expect(again).rejects.toMatchObject({ code: 'STOPPED' });
    await expect(client.waitFor(() => true)).rejects.toMatchObject({ code: 'STOPPED' });
  });

  test('a predicate that throws fails its own wait and no other', async () => {
    const client = connect();
    const bad = client.waitFor(() => {
      throw new Error('mine');
    });
    const good = client.waitFor(() => true);

    last().says(snapshot(1, 1));

    await expect(bad).rejects.toThrow('mine');
    await good;
  });
});

describe('closing', () => {
  test('is heard once, and nothing is heard after it', () => {
    const changes: unknown[] = [];
    const client = connect({ onChange: (state) => changes.push(state) });
    last().says(snapshot(1, 1));

    client.close();
    client.close();
    last().says(delta(2, 2));
    last().drops();
    clock.advance(60_000);

    expect(statuses.filter(({ phase }) => phase === 'closed')).toEqual([
      { phase: 'closed', reason: 'closed by its user' },
    ]);
    expect([changes.length, ScriptedSocket.opened.length, last().closedWith]).toEqual([1, 1, 1000]);
  });

  test('in a pause ends the pause', () => {
    const client = connect();
    last().drops();

    client.close();

    expect(clock.pendingTimers).toBe(0);
  });

  test.each<FeedStatus['phase']>(['connecting', 'live', 'waiting'])(
    'from within a listener that hears "%s" ends the client there',
    (phase) => {
      const changes: unknown[] = [];
      const onChange = (state: unknown): unknown => changes.push(state);
      let armed = false;
      const client = connect({ onChange, onStatus: (status) => armed && status.phase === phase && client.close() });
      armed = true; // the first "connecting" is heard before there is a client to close

      last().drops();
      clock.advance(1_000);
      last().says(snapshot(1, 1));
      clock.advance(60_000);

      expect(client.status.phase).toBe('closed');
      expect(changes).toEqual([]);
      expect(clock.pendingTimers).toBe(0);
    },
  );
});

test('a listener that throws is counted and changes nothing', () => {
  const thrower = (): never => {
    throw new Error('theirs');
  };
  const client = connect({ onChange: thrower, onStatus: thrower });

  last().says(snapshot(1, 1));

  expect(client.counts.callbackFailures).toBe(3);
  expect(client.state.usage['acme']?.count).toBe(1);
});
