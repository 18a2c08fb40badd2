import assert from 'node:assert/strict';
import { Caller } from '../../../common/bus/contract.ts';
import { memberContract } from '../../../common/contract/cluster.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import { memberAddress } from '../../../common/contract/ids.ts';
import type { ServiceContext } from '../../../common/service.ts';
import type { Portal } from '../../../portal/portal.ts';
import { Client } from './support/client.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { gate, token, until, World } from './support/world.ts';

describe('a room that lost its owner', () => {
  let world: World;
  let conference: ScriptedConference;
  let portal: Portal;
  let context: ServiceContext;
  let client: Client;

  beforeEach(async () => {
    world = new World();
    conference = await ScriptedConference.start(world);
    ({ portal, context } = await world.portal());
    client = await Client.connect(portal.url);
    await client.login(token());
  });
  afterEach(async () => {
    client.close();
    await world.close();
  });

  it('is opened again although nobody asks for anything', async () => {
    await conference.room.release();
    await until(() => conference.rooms.length === 2, 'a second owner');
  });

  it('is opened again on request: the client notices nothing', async () => {
    await conference.room.release();
    const [status] = await client.request('text', { to: 'all', message: 'through' });
    assert.equal(status, 'ok');
    assert.equal(conference.rooms.length, 2);
    assert.equal(conference.room.of('text').length, 1);
  });

  it('is opened by another conference agent when the first one died', async () => {
    const second = await ScriptedConference.start(world);
    const first = conference.rooms.length > 0 ? conference : second;
    await until(() => context.membership.members('conference').length === 2, 'both are known');
    await first.context.bus.close();
    const [status] = await client.request('text', { to: 'all', message: 'through' });
    assert.equal(status, 'ok');
    assert.equal(second.room.of('text').length, 1);
  });

  it('keeps a request waiting while it is being put together', async () => {
    const ready = gate();
    conference.beforeOpen = () => ready.opened;
    await conference.room.release();
    const request = client.request('text', { to: 'all', message: 'patient' });
    await until(() => conference.asked.length === 2, 'the room is asked for');
    ready.open();
    assert.equal((await request)[0], 'ok');
  });

  it('is asked for until it can be opened', async () => {
    let refusals = 3;
    conference.beforeOpen = () => {
      refusals -= 1;
      if (refusals >= 0) throw new PorticoError('connection_lost', 'not now');
    };
    await conference.room.release();
    assert.equal((await client.request('text', { to: 'all', message: 'x' }))[0], 'ok');
  });

  it('is opened once although several portals notice', async () => {
    const others = [await world.portal(), await world.portal()];
    const clients = await Promise.all(
      others.map(async ({ portal: { url } }, n) => {
        const other = await Client.connect(url);
        await other.login(token({ user: `u${String(n)}` }));
        return other;
      }),
    );
    await conference.room.release();
    const all = [client, ...clients];
    const answers = await Promise.all(all.map((one) => one.request('text', { to: 'all', message: 'x' })));
    assert.ok(answers.every(([status]) => status === 'ok'));
    assert.equal(conference.rooms.length, 2);
    for (const other of clients) other.close();
  });

  it('is put together from what the portal tells: its participants and the newest owner', async () => {
    const members = new Caller(conference.context.bus, memberContract);
    const asked = members.call(memberAddress(context.membership.id), 'room.inventory', {
      room: conference.room.id,
    });
    const { participants, owner } = await asked;
    assert.equal(participants.length, 1);
    assert.equal(participants[0]?.user, 'alice');
    assert.deepEqual(owner, conference.room.owner);
  });

  it('is left alone once nobody here is in it', async () => {
    await client.request('logout');
    await conference.room.release();
    // Others in the same process are still watched; this probe makes sure that some rounds have passed.
    const other = await Client.connect(portal.url);
    await other.login(token({ room: 'other' }));
    await conference.room.release();
    await until(() => conference.asked.filter((room) => room === 'other').length === 2, 'the other room');
    assert.equal(conference.asked.filter((room) => room === 'demo').length, 1);
    other.close();
  });
});
