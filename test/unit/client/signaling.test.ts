import assert from 'node:assert/strict';
import { Signaling } from '../../../client/sdk/signaling.ts';
import { Refusal, ScriptedServer, silence } from './support/scripted-server.ts';

const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined };

async function connected(timeoutMs = 300): Promise<{ server: ScriptedServer; signaling: Signaling }> {
  const server = new ScriptedServer();
  const endpoint = { origin: 'http://localhost', path: '/socket.io/' };
  const signaling = new Signaling({ endpoint, timeoutMs, logger, socket: server.socket });
  await signaling.open();
  return { server, signaling };
}

describe('a request', () => {
  it('is repeated after errors that may pass, as it was', async () => {
    const { server, signaling } = await connected();
    server.once('unsubscribe', () => new Refusal('timeout'));
    await signaling.request('unsubscribe', { id: 'abc' });
    assert.deepEqual(server.seen('unsubscribe'), [{ id: 'abc' }, { id: 'abc' }]);
  });

  it('waits as long as the server asks for', async () => {
    const { server, signaling } = await connected();
    server.once('drop', () => new Refusal('rate_limited', { retryAfterMs: 20 }));
    const before = performance.now();
    await signaling.request('drop', { id: 'bob' });
    assert.ok(performance.now() - before >= 19);
  });

  it('is not repeated after others, and carries what the server says', async () => {
    const { server, signaling } = await connected();
    server.on('text', () => new Refusal('too_large', { field: 'message' }));
    await assert.rejects(signaling.request('text', { to: 'all', message: 'x' }), {
      name: 'PorticoClientError',
      code: 'too_large',
      field: 'message',
      message: 'refused: too_large',
    });
    assert.equal(server.seen('text').length, 1);
  });

  it('fails with its last error when the time is up', async () => {
    const { server, signaling } = await connected(120);
    server.on('text', () => new Refusal('unavailable'));
    await assert.rejects(signaling.request('text', { to: 'all', message: 'x' }), { code: 'unavailable' });
    assert.ok(server.seen('text').length > 1);
  });

  it('without an answer times out', async () => {
    const { server, signaling } = await connected(50);
    server.on('text', () => silence);
    await assert.rejects(signaling.request('text', { to: 'all', message: 'x' }), { code: 'timeout' });
  });

  it('fails at once when the connection breaks, and while there is none', async () => {
    const { server, signaling } = await connected();
    server.on('text', () => silence);
    const sent = signaling.request('text', { to: 'all', message: 'x' });
    await server.asked('text');
    server.disconnect();
    await assert.rejects(sent, { code: 'disconnected' });
    await assert.rejects(signaling.request('logout', {}), { code: 'disconnected' });
    signaling.close();
    await assert.rejects(signaling.request('logout', {}), { code: 'ended' });
  });

  it('answered in the words of an old server is an error like any other', async () => {
    const { server, signaling } = await connected();
    server.on('drop', () => Object.assign(new Refusal('x'), { wire: 'Illegal request' }));
    await assert.rejects(signaling.request('drop', { id: 'b' }), {
      code: 'internal',
      message: 'Illegal request',
    });
  });
});
