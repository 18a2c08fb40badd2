import assert from 'node:assert/strict';
import { Connection } from '../../../client/sdk/connection.ts';
import { Requests } from '../../../client/sdk/requests.ts';
import { PorticoClientError } from '../../../client/sdk/errors.ts';
import { clock } from './support/clock.ts';
import { Refusal, ScriptedServer, silence } from './support/scripted-server.ts';

const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const endpoint = { origin: 'http://localhost', path: '/socket.io/' };

async function open(server: ScriptedServer): Promise<Connection> {
  const connection = new Connection(endpoint, server.createSocket(endpoint));
  await connection.open();
  return connection;
}

async function connected(
  timeoutMs = 300,
): Promise<{ server: ScriptedServer; requests: Requests; silences: number[] }> {
  const server = new ScriptedServer();
  const silences: number[] = [];
  const requests = new Requests({ timeoutMs, logger, onSilence: () => silences.push(Date.now()) });
  requests.resume(await open(server));
  return { server, requests, silences };
}

describe('a request', () => {
  it('is repeated after errors that may pass, as it was', async () => {
    const { server, requests } = await connected();
    server.once('unsubscribe', () => new Refusal('timeout'));
    await requests.request('unsubscribe', { id: 'abc' });
    assert.deepEqual(server.seen('unsubscribe'), [{ id: 'abc' }, { id: 'abc' }]);
  });

  it('waits as long as the server asks for', async () => {
    const { server, requests } = await connected();
    server.once('drop', () => new Refusal('rate_limited', { retryAfterMs: 20 }));
    const before = performance.now();
    await requests.request('drop', { id: 'bob' });
    assert.ok(performance.now() - before >= 19);
  });

  it('is not repeated after others, and carries what the server says', async () => {
    const { server, requests } = await connected();
    server.on('text', () => new Refusal('too_large', { field: 'message' }));
    await assert.rejects(requests.request('text', { to: 'all', message: 'x' }), {
      name: 'PorticoClientError',
      code: 'too_large',
      field: 'message',
      message: 'refused: too_large',
    });
    assert.equal(server.seen('text').length, 1);
  });

  it('fails with its last error when the time is up', async () => {
    const { server, requests } = await connected(120);
    server.on('text', () => new Refusal('unavailable'));
    await assert.rejects(requests.request('text', { to: 'all', message: 'x' }), { code: 'unavailable' });
    assert.ok(server.seen('text').length > 1);
  });

  it('without an answer times out', async () => {
    const { server, requests, silences } = await connected(50);
    server.on('text', () => silence);
    await assert.rejects(requests.request('text', { to: 'all', message: 'x' }), { code: 'timeout' });
    assert.equal(silences.length, 1, 'and the connection is suspected');
  });

  it('answered in the words of an old server is an error like any other', async () => {
    const { server, requests } = await connected();
    server.on('drop', () => Object.assign(new Refusal('x'), { wire: 'Illegal request' }));
    await assert.rejects(requests.request('drop', { id: 'b' }), {
      code: 'internal',
      message: 'Illegal request',
    });
  });
});

describe('requests without a connection', () => {
  const text = (requests: Requests, message: string): Promise<unknown> =>
    requests.request('text', { to: 'all', message, id: message });

  it('wait, and go in the order in which they were asked, before later ones', async () => {
    const { server, requests } = await connected();
    server.once('text', () => silence);
    const lost = text(requests, 'lost');
    server.disconnect();
    requests.pause();
    assert.equal(requests.online, false);
    const others = [text(requests, 'one'), text(requests, 'two')];
    server.requests.length = 0;
    requests.resume(await open(server));
    others.push(text(requests, 'three'));
    await Promise.all([lost, ...others]);
    assert.deepEqual(
      server.seen('text').map(({ message }) => message),
      ['lost', 'one', 'two', 'three'],
    );
  });

  it('have time: it runs only while there is one', async () => {
    clock.start();
    const { server, requests } = await connected(60);
    requests.pause();
    const sent = text(requests, 'x');
    await clock.pass(100);
    requests.resume(await open(server));
    await sent;
    clock.stop();
  });

  it('are not sent when nobody wants them any more', async () => {
    const { server, requests } = await connected();
    requests.pause();
    const sent = requests.request('unsubscribe', { id: 'x' }, { wanted: () => false });
    requests.resume(await open(server));
    await assert.rejects(sent, { code: 'ended' });
    assert.deepEqual(server.seen('unsubscribe'), []);
  });

  it('are refused at once when they cannot wait, and when too many do', async () => {
    const { requests } = await connected();
    requests.pause();
    await assert.rejects(requests.request('logout', {}, { queue: false }), { code: 'disconnected' });
    const waiting = Promise.allSettled(Array.from({ length: 1000 }, () => text(requests, 'x')));
    await assert.rejects(text(requests, 'one more'), { code: 'disconnected' });
    requests.close(new PorticoClientError('ended', 'It is over.'));
    const codes = (await waiting).map(
      (one) => one.status === 'rejected' && (one.reason as { code: string }).code,
    );
    assert.deepEqual(new Set(codes), new Set(['ended']));
    await assert.rejects(text(requests, 'too late'), { code: 'ended' });
  });

  it('had their effect when a repeated one finds nothing left to do', async () => {
    const { server, requests } = await connected();
    server.once('drop', () => silence);
    const dropped = requests.request('drop', { id: 'bob' });
    requests.pause();
    server.on('drop', () => new Refusal('participant_not_found'));
    requests.resume(await open(server));
    await dropped;
    await assert.rejects(requests.request('drop', { id: 'bob' }), { code: 'participant_not_found' });
  });

  it('are answered by a late answer of the connection before as well', async () => {
    const { server, requests } = await connected();
    let answer: (value: object) => void = () => undefined;
    server.once('text', () => new Promise((resolve) => (answer = resolve)));
    const sent = text(requests, 'x');
    requests.pause();
    answer({});
    await sent;
    assert.equal(server.seen('text').length, 1);
  });
});
