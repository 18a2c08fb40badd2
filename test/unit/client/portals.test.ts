import assert from 'node:assert/strict';
import { Portals } from '../../../client/sdk/portals.ts';
import { settle } from './support/clock.ts';
import { FakeSocket } from './support/fake-socket.ts';

const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined };

function setup() {
  const tried: string[] = [];
  const portals = new Portals({
    endpoint: { origin: 'http://proxy', path: '/socket.io/' },
    logger,
    createSocket: ({ origin, path }) => {
      tried.push(`${origin}${path}`);
      return new FakeSocket(origin, {
        onConnect: (socket) => {
          socket.refuse();
        },
        onEmit: () => undefined,
      });
    },
  });
  return { portals, tried };
}

describe('the portals of a deployment', () => {
  it('are tried beginning with the one in use, also when it is not listed, and each once in a round', async () => {
    const { portals, tried } = setup();
    portals.set(['http://a/', 'http://b:8080/base', 'http://a', 'no address']);
    const stop = new AbortController();
    const found = portals.dialer('all').dial(stop.signal);
    while (tried.length < 3) await settle();
    stop.abort();
    await assert.rejects(found, { code: 'ended' });
    assert.equal(tried[0], 'http://proxy/socket.io/');
    assert.deepEqual(tried.slice(1, 3).sort(), ['http://a/socket.io/', 'http://b:8080/base/socket.io/']);
  });

  it('are others than the one in use', () => {
    const { portals } = setup();
    assert.equal(portals.several, false);
    portals.set(['http://proxy/']);
    assert.equal(portals.several, false);
    portals.set(['http://proxy', 'http://a']);
    assert.equal(portals.several, true);
  });
});
