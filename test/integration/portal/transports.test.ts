import assert from 'node:assert/strict';
import { ParticipantId } from '../../../common/contract/ids.ts';
import type { ServiceContext } from '../../../common/service.ts';
import type { Portal } from '../../../portal/portal.ts';
import { Client } from './support/client.ts';
import { PollingClient } from './support/polling-client.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { token, until, World } from './support/world.ts';

const userAgent = { sdk: { version: '4.2', type: 'JavaScript' } };
const event = {
  name: 'text' as const,
  data: { from: ParticipantId.parse('bob'), to: 'all' as const, message: 'hi' },
};

describe('Socket.IO transports', () => {
  let world: World;
  let conference: ScriptedConference;
  let portal: Portal;
  let context: ServiceContext;

  async function start(
    server: Record<string, unknown> = {},
    limits: Record<string, unknown> = {},
  ): Promise<void> {
    world = new World({ server: { port: 0, ...server }, portal: limits });
    conference = await ScriptedConference.start(world);
    ({ portal, context } = await world.portal());
  }
  afterEach(async () => {
    await world.close();
  });

  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    it(`a client on ${transports.join(', then ')} logs in and is notified`, async () => {
      await start();
      const client = await Client.connect(portal.url, { transports });
      assert.equal((await client.login(token()))[0], 'ok');
      await conference.room.tell(context.membership.id, { event });
      const [[payload]] = (await client.notified('text')) as [[unknown]];
      assert.deepEqual(payload, event.data);
      client.close();
      await until(() => conference.room.of('detach').length === 1, 'the room knows');
    });
  }

  it('a failed login is answered before the connection closes, also when polling', async () => {
    await start();
    const client = await Client.connect(portal.url, { transports: ['polling'] });
    const [status] = await client.login('nonsense');
    assert.equal(status, 'error');
    assert.equal(await client.ended, 'io server disconnect');
  });

  it('a client of Engine.IO 3 logs in as OWT, sends and is notified', async () => {
    await start();
    const client = await PollingClient.connect(portal.url);
    const [status, answer] = await client.request('login', { token: token(), userAgent, protocol: '1.0' });
    assert.equal(status, 'ok');
    assert.equal((await client.request('text', { to: 'all', message: 'x' }))[0], 'ok');
    await conference.room.tell(context.membership.id, { event });
    assert.equal(await client.packet('42["text"'), `42${JSON.stringify(['text', event.data])}`);
    assert.notEqual((answer as { id: string }).id, client.sid, 'a participant id gives no access');
    assert.equal((await client.request('logout', undefined))[0], 'ok');
  });

  it('a client that never reads what it is sent is cut off, others are not', async () => {
    await start({}, { ping_interval_ms: 60_000, ping_timeout_ms: 60_000 });
    const deaf = await PollingClient.connect(portal.url);
    await deaf.request('login', { token: token({ user: 'deaf' }), userAgent, protocol: '1.0' });
    const client = await Client.connect(portal.url);
    await client.login(token());
    const message = 'x'.repeat(100_000);
    const large = { ...event, data: { ...event.data, message } };
    for (let n = 0; n < 50; n += 1) await conference.room.tell(context.membership.id, { event: large });
    await client.notified('text', 50);
    await until(() => conference.room.of('detach').length === 1, 'the deaf one is gone');
    assert.equal((await client.request('text', { to: 'all', message: 'well' }))[0], 'ok');
    client.close();
  });

  it('malformed polling does no harm', async () => {
    await start();
    for (const packet of ['42', '42[', '4', '9', '42["x"', '45-["x"]', '4[[[', 'hello']) {
      const client = await PollingClient.connect(portal.url);
      await client.post(packet);
    }
    const client = await Client.connect(portal.url);
    assert.equal((await client.login(token()))[0], 'ok');
    client.close();
  });

  it('any origin may connect by default; it is reflected with credentials', async () => {
    await start();
    const client = await PollingClient.connect(portal.url, 'https://any.example.com');
    for (const headers of client.headers) {
      assert.equal(headers.get('access-control-allow-origin'), 'https://any.example.com');
      assert.equal(headers.get('access-control-allow-credentials'), 'true');
    }
  });

  it('only configured origins may connect, and pages of the portal itself', async () => {
    await start({ cors: ['https://app.example.com'] });
    const connect = (origin: string | undefined, transports: string[]) =>
      Client.connect(portal.url, {
        transports,
        ...(origin === undefined ? {} : { extraHeaders: { origin } }),
      });
    const own = `http://127.0.0.1:${String(portal.port)}`;
    for (const transports of [['websocket'], ['polling']]) {
      await assert.rejects(connect('https://evil.example.com', transports));
      await assert.rejects(connect('null', transports));
      (await connect('https://app.example.com', transports)).close();
      (await connect(undefined, transports)).close();
      (await Client.connect(own, { transports, extraHeaders: { origin: own } })).close();
    }
  });

  it('other namespaces are refused', async () => {
    await start();
    await assert.rejects(Client.connect(`${portal.url}/admin`), /Invalid namespace/);
  });
});
