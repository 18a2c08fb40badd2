import assert from 'node:assert/strict';
import { microphone } from './support/fake-media.ts';
import { clock } from './support/clock.ts';
import { joined, next } from './support/joined.ts';
import { Refusal } from './support/scripted-server.ts';
import type { Publication } from '../../../client/sdk/index.ts';
import type { Setup } from './support/joined.ts';

/** A publication over a transport that was connected. */
async function publishing(
  change?: Parameters<typeof joined>[0],
): Promise<Setup & { publication: Publication }> {
  const parts = await joined(change);
  const publication = await parts.conference.publish({ audio: microphone() });
  parts.handlers[0]?.setConnectionState('connected');
  return { ...parts, publication };
}

describe('a broken network path', () => {
  beforeEach(() => {
    clock.start();
  });

  afterEach(() => {
    clock.stop();
  });

  it('may come back by itself for a moment', async () => {
    const { server, handlers } = await publishing();
    handlers[0]?.setConnectionState('disconnected');
    await clock.pass(900);
    handlers[0]?.setConnectionState('connected');
    await clock.pass(5000);
    assert.equal(server.seen('restartIce').length, 0);
  });

  it('gets new ICE credentials again and again, and is not given up meanwhile', async () => {
    const { server, handlers, publication } = await publishing();
    handlers[0]?.setConnectionState('disconnected');
    await clock.pass(50_000);
    const asked = server.seen('restartIce').length;
    assert.ok(asked >= 4 && asked <= 15, `asked ${asked} times`);
    handlers[0]?.setConnectionState('connected');
    await clock.pass(30_000);
    assert.equal(server.seen('restartIce').length, asked);
    assert.equal(publication.state, 'active');
    assert.equal(server.seen('createWebRtcTransport').length, 0);
  });

  it('is given up when the repair fails for a minute although signalling works', async () => {
    const { handlers, publication, server } = await publishing();
    const interrupted = next(publication, 'interrupted');
    handlers[0]?.setConnectionState('failed');
    await clock.pass(75_000);
    assert.deepEqual(await interrupted, { reason: 'transport_closed' });
    assert.equal(publication.state, 'active', 'over another transport');
    assert.equal(server.seen('createWebRtcTransport').length, 1);
  });

  it('is given up at once when the server says that there is nothing to repair', async () => {
    for (const code of ['transport_not_found', 'worker_lost']) {
      const { handlers, server, publication } = await publishing((one) => {
        one.on('restartIce', () => new Refusal(code));
      });
      const resumed = next(publication, 'resumed');
      handlers[0]?.setConnectionState('failed');
      await clock.pass(12_000);
      await resumed;
      assert.equal(server.seen('createWebRtcTransport').length, 1, code);
    }
  });

  it('is never given up while signalling is away, and repaired as soon as that is back', async () => {
    const { handlers, server, publication, conference } = await publishing();
    server.reach = () => 'silent';
    server.disconnect();
    handlers[0]?.setConnectionState('disconnected');
    await clock.pass(30_000);
    handlers[0]?.setConnectionState('failed');
    await clock.pass(150_000);
    assert.equal(conference.state, 'reconnecting');
    assert.equal(publication.state, 'active');
    assert.equal(server.seen('restartIce').length, 0);
    server.reach = () => 'open';
    const before = Date.now();
    while (server.seen('restartIce').length === 0) await clock.pass(10);
    assert.ok(Date.now() - before <= 5100, 'with the next attempt to connect');
    const methods = server.requests.map(({ method }) => method);
    assert.equal(methods.indexOf('restartIce'), methods.indexOf('relogin') + 1);
    assert.equal(server.seen('createWebRtcTransport').length, 0);
  });

  it('that has been repaired by itself when signalling is back is left alone', async () => {
    const { handlers, server, conference } = await publishing();
    server.reach = () => 'silent';
    server.disconnect();
    handlers[0]?.setConnectionState('disconnected');
    await clock.pass(3000);
    handlers[0]?.setConnectionState('connected');
    server.reach = () => 'open';
    while (conference.state !== 'connected') await clock.pass(100);
    await clock.pass(1000);
    assert.equal(server.seen('restartIce').length, 0);
  });
});
