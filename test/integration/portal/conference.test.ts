import assert from 'node:assert/strict';
import { ConferenceAgent } from '../../../conference-agent/conference-agent.ts';
import type { ClientOutput } from '../../../common/contract/client.ts';
import type { WireError } from '../../../common/contract/errors.ts';
import type { ServiceContext } from '../../../common/service.ts';
import type { Portal } from '../../../portal/portal.ts';
import { Client } from './support/client.ts';
import { comeBack, lastPosition, messages } from './support/returning.ts';
import { token, until, World } from './support/world.ts';

type Login = ClientOutput<'login'>;

describe('a portal with conference agents', () => {
  let world: World;
  let portal: Portal;
  let first: Awaited<ReturnType<typeof startAgent>>;
  const clients: Client[] = [];

  beforeEach(async () => {
    world = new World({ rooms: { empty_close_ms: 50 } });
    first = await startAgent();
    ({ portal } = await world.portal());
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await world.close();
  });

  async function startAgent(): Promise<{ agent: ConferenceAgent; context: ServiceContext }> {
    const context = await world.context('conference');
    const agent = await ConferenceAgent.create(context);
    await context.membership.announce();
    world.onClose(() => agent.close());
    return { agent, context };
  }

  async function join(user: string, change: Partial<Parameters<typeof token>[0]> = {}, url = portal.url) {
    const client = await Client.connect(url);
    clients.push(client);
    const [status, answer] = await client.login(token({ user, ...change }));
    assert.equal(status, 'ok', JSON.stringify(answer));
    return { client, answer: answer as Login };
  }

  it('lets people meet, talk and part', async () => {
    const alice = await join('alice');
    const bob = await join('bob', { role: 'viewer' });
    assert.deepEqual(bob.answer.room.participants.map(({ user }) => user).sort(), ['alice', 'bob']);
    const [joined] = await alice.client.notified('participant');
    assert.deepEqual(joined?.[0], {
      action: 'join',
      data: { id: bob.answer.id, user: 'bob', role: 'viewer' },
    });
    await bob.client.request('text', { to: 'all', message: 'hello' });
    for (const { client } of [alice, bob]) {
      const [[text, position]] = (await client.notified('text')) as [[{ message: string }, { seq: number }]];
      assert.equal(text.message, 'hello');
      assert.ok(position.seq > 0);
    }
    await bob.client.request('text', { to: alice.answer.id, message: 'psst' });
    assert.equal((await alice.client.notified('text', 2)).length, 2);
    await bob.client.request('logout');
    const [, left] = await alice.client.notified('participant', 2);
    assert.deepEqual(left?.[0], { action: 'leave', data: bob.answer.id, reason: 'left' });
  });

  it('lets people on different portals meet', async () => {
    const { portal: second } = await world.portal();
    const alice = await join('alice');
    const bob = await join('bob', {}, second.url);
    await alice.client.notified('participant');
    await bob.client.request('text', { to: 'all', message: 'across' });
    await Promise.all([alice.client.notified('text'), bob.client.notified('text')]);
  });

  it('admits a token once, and again with the same request id', async () => {
    const text = token();
    const before = await Client.connect(portal.url);
    clients.push(before);
    const [, answer] = await before.login(text, { requestId: 'request-1' });
    const thief = await Client.connect(portal.url);
    assert.equal(((await thief.login(text, { requestId: 'request-2' }))[1] as WireError).code, 'token_used');
    const again = await Client.connect(portal.url);
    clients.push(again);
    const [status, repeated] = await again.login(text, { requestId: 'request-1' });
    assert.equal(status, 'ok');
    assert.equal((repeated as Login).id, (answer as Login).id);
    await before.ended;
    assert.equal((await again.request('text', { to: 'all', message: 'x' }))[0], 'ok');
  });

  it('removes whom a moderator drops, and tells him', async () => {
    const alice = await join('alice');
    const bob = await join('bob', { role: 'viewer' });
    const [, refused] = await bob.client.request('drop', { id: alice.answer.id });
    assert.equal((refused as WireError).code, 'forbidden');
    assert.deepEqual(await alice.client.request('drop', { id: bob.answer.id }), ['ok', {}]);
    assert.equal(await bob.client.ended, 'io server disconnect');
    assert.deepEqual(bob.client.of('drop'), [[{ reason: 'dropped' }]]);
  });

  it('refuses a role that the room does not have', async () => {
    const client = await Client.connect(portal.url);
    const [, error] = await client.login(token({ role: 'king' }));
    assert.equal((error as WireError).code, 'role_unknown');
  });

  it('goes on when the owner of the room dies: nobody notices, tokens stay used', async () => {
    const alice = await join('alice');
    const bobToken = token({ user: 'bob' });
    const bob = await Client.connect(portal.url);
    clients.push(bob);
    await bob.login(bobToken);
    await alice.client.notified('participant');
    const second = await startAgent();
    await until(() => second.context.membership.members('portal').length === 1, 'the portal is known');
    // As a killed process: no goodbye.
    await first.context.bus.close();
    const [status] = await bob.request('text', { to: 'all', message: 'still here' });
    assert.equal(status, 'ok');
    await Promise.all([alice.client.notified('text'), bob.notified('text')]);
    const thief = await Client.connect(portal.url);
    assert.equal(((await thief.login(bobToken))[1] as WireError).code, 'token_used');
    const carol = await join('carol');
    assert.equal(carol.answer.room.participants.length, 3);
  });

  describe('and a client that comes back', () => {
    const connections = (client: Client) =>
      client
        .of('participant')
        .map(([payload]) => payload as { action: string; connection?: string })
        .flatMap(({ action, connection }) => (action === 'connection' ? [connection] : [action]));

    const say = async (client: Client, message: string) => {
      assert.equal((await client.request('text', { to: 'all', message }))[0], 'ok');
    };

    async function back(url: string, { answer }: { answer: Login }, cursor = answer.cursor) {
      const made = await comeBack(url, answer.ticket!, { cursor });
      clients.push(made.client);
      return made;
    }

    it('tells it what it missed on the same portal; the others see it lost and found', async () => {
      const alice = await join('alice');
      const bob = await join('bob');
      bob.client.break();
      await alice.client.notified('participant', 2);
      await say(alice.client, 'one');
      await say(alice.client, 'two');
      const again = await back(portal.url, bob);
      await again.client.notified('text', 2);
      assert.deepEqual(messages(again.client), ['one', 'two']);
      await alice.client.notified('participant', 3);
      assert.deepEqual(connections(alice.client), ['join', 'lost', 'ok']);
      // An acknowledged ticket ends the ones before.
      again.client.socket.emit('ack', lastPosition(again.client));
      assert.equal((await again.client.request('text', { to: 'all', message: 'three' }))[0], 'ok');
      await until(async () => {
        const thief = await Client.connect(portal.url);
        const [status, error] = await thief.relogin(bob.answer.ticket!, { cursor: bob.answer.cursor });
        return status === 'error' && (error as WireError).code === 'ticket_used';
      }, 'the first ticket is used up');
    });

    it('tells it what it missed on another portal, which takes it from the first', async () => {
      const { portal: second } = await world.portal();
      const alice = await join('alice');
      const bob = await join('bob');
      await say(alice.client, 'one');
      await bob.client.notified('text');
      bob.client.break();
      await say(alice.client, 'two');
      const again = await back(second.url, bob, lastPosition(bob.client));
      await say(alice.client, 'three');
      await again.client.notified('text', 2);
      assert.deepEqual(messages(again.client), ['two', 'three']);
      const third = await back(
        portal.url,
        { answer: { ...bob.answer, ...again.answer } as Login },
        lastPosition(again.client),
      );
      await say(third.client, 'four');
      await third.client.notified('text');
      assert.deepEqual(messages(third.client), ['four']);
      assert.equal(await again.client.ended, 'io server disconnect');
    });

    it('tells it what was said before and after the owner of the room died', async () => {
      const alice = await join('alice');
      const bob = await join('bob');
      bob.client.break();
      await alice.client.notified('participant', 2);
      await say(alice.client, 'one');
      await alice.client.notified('text');
      const second = await startAgent();
      await until(() => second.context.membership.members('portal').length === 1, 'the portal is known');
      await first.context.bus.close();
      await say(alice.client, 'two');
      const again = await back(portal.url, bob);
      await again.client.notified('text', 2);
      assert.deepEqual(messages(again.client), ['one', 'two']);
      assert.equal(again.answer.id, bob.answer.id);
    });

    it('takes it back when owner and portal are gone together', async () => {
      const { portal: second } = await world.portal();
      const alice = await join('alice');
      const bob = await join('bob', {}, second.url);
      await alice.client.notified('participant');
      const agent = await startAgent();
      await until(() => agent.context.membership.members('portal').length === 2, 'the portals are known');
      await first.context.bus.close();
      await portal.close();
      const again = await back(second.url, alice);
      assert.equal(again.answer.id, alice.answer.id);
      await say(again.client, 'here again');
      await bob.client.notified('text');
      assert.deepEqual(messages(bob.client), ['here again']);
    });

    it('does not take back who has left', async () => {
      const alice = await join('alice');
      const bob = await join('bob');
      await bob.client.request('logout');
      const late = await Client.connect(portal.url);
      const [, error] = await late.relogin(bob.answer.ticket!, { cursor: bob.answer.cursor });
      assert.equal((error as WireError).code, 'ticket_revoked');
      await say(alice.client, 'alone');
    });
  });
});
