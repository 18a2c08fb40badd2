import assert from 'node:assert/strict';
import { Connection } from '../../../client/sdk/connection.ts';
import { Dialer } from '../../../client/sdk/dialer.ts';
import { clock, settle } from './support/clock.ts';
import { FakeSocket } from './support/fake-socket.ts';

const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const endpoint = (name: string) => ({ origin: `http://${name}`, path: '/socket.io/' });

function setup(names = ['one', 'two', 'three']) {
  const sockets: FakeSocket[] = [];
  const refusing = new Set<string>();
  const dialer = new Dialer({
    endpoints: () => names.map(endpoint),
    connect: (to) => {
      const socket = new FakeSocket(to.origin.slice(7), {
        onConnect: (one) => {
          if (refusing.has(one.origin)) one.refuse();
        },
        onEmit: () => undefined,
      });
      sockets.push(socket);
      return new Connection(to, socket);
    },
    logger,
  });
  const stop = new AbortController();
  return { dialer, sockets, refusing, stop, tried: () => sockets.map(({ origin }) => origin) };
}

describe('looking for a portal', () => {
  beforeEach(() => {
    clock.start();
  });

  afterEach(() => {
    clock.stop();
  });

  it('begins with the same one at once, and tries the others in turn without giving it up', async () => {
    const { dialer, sockets, stop, tried } = setup();
    const found = dialer.dial(stop.signal);
    await settle();
    assert.deepEqual(tried(), ['one']);
    const began = Date.now();
    while (sockets.length < 3) await clock.pass(10);
    const took = Date.now() - began;
    assert.ok(took >= 1500 && took <= 2510, `the third one after ${took} ms`);
    assert.deepEqual(tried(), ['one', 'two', 'three']);
    assert.ok(sockets.every(({ closed }) => !closed));
    sockets[0]?.accept();
    assert.deepEqual((await found).endpoint, endpoint('one'));
    assert.deepEqual(
      sockets.map(({ closed }) => closed),
      [false, true, true],
      'the others are closed',
    );
    await clock.pass(3000);
    assert.equal(sockets.length, 3);
  });

  it('goes on to the next one at once when one refuses', async () => {
    const { dialer, sockets, refusing, stop, tried } = setup();
    for (const name of ['one', 'two']) refusing.add(name);
    const found = dialer.dial(stop.signal);
    await clock.pass(450);
    assert.deepEqual(tried(), ['one', 'two', 'three']);
    sockets[2]?.accept();
    await found;
  });

  it('keeps an attempt for 5 s and has five at most, with a longer pause after a minute', async () => {
    const { dialer, sockets, stop } = setup();
    const found = dialer.dial(stop.signal);
    const counts: number[] = [];
    for (let second = 0; second < 120; second += 1) {
      await clock.pass(1000);
      const open = sockets.filter(({ closed }) => !closed).length;
      assert.ok(open <= 5, `${open} attempts at once`);
      counts.push(sockets.length);
    }
    const inMinute = (n: number): number => (counts[n * 60 + 59] ?? 0) - (counts[n * 60 - 1] ?? 0);
    assert.ok(inMinute(0) >= 45 && inMinute(0) <= 75, `${inMinute(0)} in the first minute`);
    assert.ok(inMinute(1) >= 12 && inMinute(1) <= 35, `${inMinute(1)} in the second`);
    stop.abort();
    await assert.rejects(found, { code: 'ended' });
    assert.ok(sockets.every(({ closed }) => closed));
  });

  it('tries at once when the network is back, beginning with the first, also when five are under way', async () => {
    const { dialer, sockets, stop, tried } = setup();
    const found = dialer.dial(stop.signal);
    while (sockets.length < 5) await clock.pass(100);
    const before = tried().length;
    dialer.hurry();
    assert.equal(tried().length, before + 1);
    assert.equal(tried().at(-1), 'one');
    assert.ok(sockets.filter(({ closed }) => !closed).length <= 5);
    sockets.at(-1)?.accept();
    await found;
  });

  it('goes on with the next one when the one that was found is of no use', async () => {
    const { dialer, sockets, stop, tried } = setup();
    const first = dialer.dial(stop.signal);
    sockets[0]?.accept();
    await first;
    const second = dialer.dial(stop.signal);
    assert.deepEqual(tried(), ['one', 'two']);
    sockets[1]?.accept();
    await second;
  });
});
