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
  const closed = (reason: string) => metric(context, 'portico_sessions_closed_total', { reason });

  it('by logout tells the room, answers, and closes the connection', async () => {
    const { client, id } = await join();
    assert.deepEqual(await client.request('logout'), ['ok', {}]);
    assert.equal(await client.ended, 'io server disconnect');
    assert.deepEqual(leaves(), [{ by: { participant: id, portal: context.membership.id }, reason: 'left' }]);
    assert.equal(await closed('logged_out'), 1);
    assert.equal(await metric(context, 'portico_sessions', { state: 'joined' }), 0);
  });

  it('by a lost connection tells the room once', async () => {
    const { client, id } = await join();
    client.socket.io.engine.close();
    await until(() => leaves().length > 0, 'a leave');
    assert.deepEqual(leaves(), [
      { by: { participant: id, portal: context.membership.id }, reason: 'disconnected' },
    ]);
  });

  it('tells a room that has no owner at the moment as soon as it has one', async () => {
    const { client, id } = await join();
    const before = conference.room;
    await before.release();
    client.close();
    await until(() => conference.rooms.length === 2 && leaves().length === 1, 'a leave at the next owner');
    assert.equal(leaves()[0]?.by.participant, id);
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

  it('happens to all when the portal closes: told why, reported, gone', async () => {
    const { client: alice } = await join('alice');
    const { client: bob } = await join('bob', { protocol: '1.2' });
    const idle = await Client.connect(portal.url);
    await portal.close();
    for (const client of [alice, bob, idle]) assert.equal(await client.ended, 'io server disconnect');
    assert.deepEqual(alice.of('drop'), [[{ reason: 'shutdown' }]]);
    assert.deepEqual(bob.of('drop'), [[]]);
    assert.deepEqual(
      leaves().map(({ reason }) => reason),
      ['shutdown', 'shutdown'],
    );
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
