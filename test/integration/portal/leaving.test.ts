import assert from 'node:assert/strict';
import { PorticoError, type WireError } from '../../../common/contract/errors.ts';
import type { ParticipantId } from '../../../common/contract/ids.ts';
import type { ServiceContext } from '../../../common/service.ts';
import type { Portal } from '../../../portal/portal.ts';
import { Client } from './support/client.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { metric, token, until, World } from './support/world.ts';

describe('leaving', () => {
  let world: World;
  let conference: ScriptedConference;
  let portal: Portal;
  let context: ServiceContext;

  beforeEach(async () => {
    world = new World();
    conference = await ScriptedConference.start(world);
    ({ portal, context } = await world.portal());
  });
  afterEach(async () => {
    await world.close();
  });

  async function join(user = 'alice', change: Record<string, unknown> = {}) {
    const client = await Client.connect(portal.url);
    const [status, answer] = await client.login(token({ user }), change);
    assert.equal(status, 'ok');
    return { client, id: (answer as { id: ParticipantId }).id };
  }

  const leaves = () => conference.room.of('leave');
  const detached = () => conference.room.of('detach');
  const closed = (reason: string) => metric(context, 'portico_sessions_closed_total', { reason });

  it('by logout tells the room, answers, and closes the connection', async () => {
    const { client, id } = await join();
    assert.deepEqual(await client.request('logout'), ['ok', {}]);
    assert.equal(await client.ended, 'io server disconnect');
    assert.deepEqual(leaves(), [{ by: { participant: id, portal: context.membership.id }, reason: 'left' }]);
    assert.equal(await closed('logged_out'), 1);
    assert.equal(await metric(context, 'portico_sessions', { state: 'joined' }), 0);
  });

  it('is not what a lost connection means: the room hears that the participant is away', async () => {
    const { client, id } = await join();
    client.break();
    await until(() => detached().length > 0, 'the room knows');
    assert.deepEqual(detached(), [{ by: { participant: id, portal: context.membership.id } }]);
    assert.equal(leaves().length, 0);
    assert.equal(await metric(context, 'portico_participants_away'), 1);
  });

  it('for a moment only, as a page that is reloaded does, shortens the time it is waited for', async () => {
    const { client, id } = await join();
    assert.deepEqual(await client.request('logout', { returnWithinMs: 1_500 }), ['ok', {}]);
    assert.equal(await client.ended, 'io server disconnect');
    const by = { participant: id, portal: context.membership.id };
    assert.deepEqual(detached(), [{ by, returnWithinMs: 1_500 }]);
    assert.equal(leaves().length, 0);
  });

  it('tells a room that has no owner at the moment as soon as it has one', async () => {
    const { client, id } = await join();
    const before = conference.room;
    await before.release();
    client.close();
    await until(() => conference.rooms.length === 2 && detached().length === 1, 'the next owner knows');
    assert.equal(detached()[0]?.by.participant, id);
  });

  it('is forgotten here once the room says that nobody waits any longer', async () => {
    const { client, id } = await join();
    client.break();
    await until(() => detached().length > 0, 'the room knows');
    await conference.room.drop(context.membership.id, id, 'reconnect_timeout');
    assert.equal(await metric(context, 'portico_participants_away'), 0);
    assert.equal(leaves().length, 0);
  });

  it('is what a lost connection means where no places are kept', async () => {
    const strict = new World({ reconnection: { window_ms: 0 } });
    const rooms = await ScriptedConference.start(strict);
    const { portal: other } = await strict.portal();
    try {
      const client = await Client.connect(other.url);
      const [, answer] = await client.login(token());
      assert.ok(!('ticket' in (answer as object)));
      const [, refused] = await client.request('refreshReconnectionTicket');
      assert.equal((refused as WireError).code, 'not_supported');
      client.break();
      await until(() => rooms.room.of('leave').length === 1, 'a leave');
      assert.equal(rooms.room.of('leave')[0]?.reason, 'disconnected');
      // OWT clients read their ticket in any case; it is good for nothing.
      const owt = await Client.connect(other.url);
      const [, joined] = await owt.login(token(), { protocol: '1.2' });
      const { reconnectionTicket } = joined as { reconnectionTicket: string };
      const late = await Client.connect(other.url);
      assert.deepEqual(await late.request('relogin', reconnectionTicket), [
        'error',
        'Reconnection is not allowed',
      ]);
      const clientsOf = [owt];
      await other.close();
      for (const one of clientsOf) assert.equal(await one.ended, 'io server disconnect');
      assert.equal(rooms.room.of('leave').at(-1)?.reason, 'shutdown');
    } finally {
      await strict.close();
    }
  });

  it('is no problem when the room does not know the participant any more', async () => {
    const { client } = await join();
    conference.room.script.leave = () => {
      throw new PorticoError('participant_not_found', 'gone');
    };
    assert.deepEqual(await client.request('logout'), ['ok', {}]);
  });

  it('on order of the room tells the client why before it closes the connection', async () => {
    const { client, id } = await join();
    await conference.room.drop(context.membership.id, id);
    assert.equal(await client.ended, 'io server disconnect');
    assert.deepEqual(client.of('drop'), [[{ reason: 'dropped' }]]);
    assert.equal(await closed('dropped'), 1);
    // The room knows: it is not told again.
    await until(async () => (await metric(context, 'portico_sessions', { state: 'joined' })) === 0, 'closed');
    assert.equal(leaves().length, 0);
    // Once more is harmless.
    await conference.room.drop(context.membership.id, id);
  });

  it('on order of the room gives OWT clients a drop without payload', async () => {
    const { client, id } = await join('owt', { protocol: '1.2' });
    await conference.room.drop(context.membership.id, id, 'room_closed');
    assert.equal(await client.ended, 'io server disconnect');
    assert.deepEqual(client.of('drop'), [[]]);
  });

  it('makes every later request of the same connection an illegal one', async () => {
    const { client } = await join();
    const [first, second] = await Promise.all([
      client.request('logout'),
      client.request('text', { to: 'all', message: 'late' }),
    ]);
    assert.equal(first[0], 'ok');
    assert.equal((second[1] as WireError).code, 'illegal_request');
  });

  it('happens to nobody when the only portal closes: all are away, and may come back to the next one', async () => {
    const { client: alice } = await join('alice');
    const { client: bob } = await join('bob', { protocol: '1.2' });
    const idle = await Client.connect(portal.url);
    const startedAt = performance.now();
    await portal.close();
    assert.ok(performance.now() - startedAt < 5_000, 'there is nowhere to go, so nobody waits');
    // Not a goodbye of Socket.IO, after which clients stay away.
    for (const client of [alice, bob, idle]) assert.equal(await client.ended, 'transport close');
    for (const client of [alice, bob]) assert.equal(client.of('drop').length, 0);
    assert.equal(detached().length, 2);
    assert.equal(leaves().length, 0);
    await assert.rejects(Client.connect(portal.url));
    await portal.close();
  });

  it('does not keep a closing portal waiting when the room cannot be told', async () => {
    await join();
    await conference.room.release();
    conference.beforeOpen = () => {
      throw new PorticoError('closing', 'shutting down');
    };
    const startedAt = performance.now();
    await portal.close();
    assert.ok(performance.now() - startedAt < 5_000);
  });
});
