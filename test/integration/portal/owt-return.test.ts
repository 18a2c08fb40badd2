import assert from 'node:assert/strict';
import type { Notification } from '../../../common/contract/client.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import { ParticipantId, StreamId, type MemberId } from '../../../common/contract/ids.ts';
import type { ServiceContext } from '../../../common/service.ts';
import type { Portal } from '../../../portal/portal.ts';
import { Client } from './support/client.ts';
import { messages, text } from './support/returning.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { metric, token, until, World } from './support/world.ts';

const bob = ParticipantId.parse('bob');
const stream = (name: string) => ({
  id: StreamId.parse(name),
  type: 'forward' as const,
  status: 'active' as const,
  media: {
    tracks: [
      {
        id: `${name}-0` as never,
        type: 'audio' as const,
        status: 'active' as const,
        format: { codec: 'opus' },
        optional: { format: [] },
      },
    ],
  },
  data: false as const,
  info: { owner: bob, type: 'webrtc' as const, inViews: [], attributes: {} },
});
const added = (name: string): Notification => ({
  name: 'stream',
  data: { id: StreamId.parse(name), status: 'add', data: stream(name) },
});
const removed = (name: string): Notification => ({
  name: 'stream',
  data: { id: StreamId.parse(name), status: 'remove' },
});
const joined: Notification = {
  name: 'participant',
  data: { action: 'join', data: { id: bob, user: 'bob', role: 'viewer' } },
};
const left: Notification = { name: 'participant', data: { action: 'leave', data: bob, reason: 'left' } };

describe('an OWT client that comes back', () => {
  let world: World;
  let conference: ScriptedConference;
  let portal: Portal;
  let context: ServiceContext;
  let here: MemberId;

  async function start(overrides: Record<string, Record<string, unknown>> = {}): Promise<void> {
    world = new World(overrides);
    conference = await ScriptedConference.start(world);
    ({ portal, context } = await world.portal());
    here = context.membership.id;
  }
  beforeEach(() => start());
  afterEach(async () => {
    await world.close();
  });

  const away = (count = 1) =>
    until(() => conference.room.of('detach').length >= count, 'the room knows of the lost connection');

  async function join() {
    const client = await Client.connect(portal.url);
    const [status, answer] = await client.login(token(), { protocol: '1.2' });
    assert.equal(status, 'ok');
    const { id, reconnectionTicket: ticket } = answer as { id: ParticipantId; reconnectionTicket: string };
    return { client, id, ticket };
  }
  async function back(ticket: string, url = portal.url) {
    const client = await Client.connect(url);
    const [status, answer] = await client.request('relogin', ticket);
    assert.equal(status, 'ok', String(answer));
    assert.equal(typeof answer, 'string');
    return { client, ticket: answer as string };
  }
  const names = (client: Client) =>
    client.received.map(({ name, args: [payload] }) => {
      const { action, status } = payload as { action?: string; status?: string };
      return [name, action ?? status].filter((word) => word !== undefined).join(' ');
    });

  it('gets a bare ticket, then everything since its connection broke', async () => {
    const { client, ticket } = await join();
    client.break();
    await away();
    await conference.room.tell(here, { event: added('s') }, { event: text('one') }, { event: joined });
    const again = await back(ticket);
    await again.client.notified('participant');
    assert.deepEqual(names(again.client), ['stream add', 'text', 'participant join']);
    await conference.room.tell(here, { event: text('two') });
    await again.client.notified('text', 2);
    const twice = await back(again.ticket);
    assert.equal(await again.client.ended, 'io server disconnect');
    assert.equal(again.client.of('drop').length, 0, 'an old connection is closed quietly');
    twice.client.close();
  });

  it('gets again what may have been lost, as far as that does no harm', async () => {
    const { client, ticket } = await join();
    await conference.room.tell(
      here,
      ...[joined, added('s'), text('one'), removed('s'), left].map((event) => ({ event })),
    );
    await client.notified('participant', 2);
    // It has received all that, but the portal has heard nothing of it since.
    client.break();
    await away();
    await conference.room.tell(here, { event: text('two') });
    const again = await back(ticket);
    await again.client.notified('text');
    assert.deepEqual(names(again.client), ['stream remove', 'participant leave', 'text']);
    assert.deepEqual(messages(again.client), ['two']);
    assert.equal(await metric(context, 'portico_notifications_replayed_total'), 3);
  });

  it('is believed to have what was sent before its last signs of life', async () => {
    await world.close();
    await start({ portal: { ping_interval_ms: 30, ping_timeout_ms: 5_000 } });
    const { client, ticket } = await join();
    await conference.room.tell(here, { event: removed('s') });
    await client.notified('stream');
    await until(async () => (await metric(context, 'portico_outbox_entries')) === 0, 'it has that');
    client.break();
    await away();
    await conference.room.tell(here, { event: text('one') });
    const again = await back(ticket);
    await again.client.notified('text');
    assert.deepEqual(names(again.client), ['text']);
  });

  it('gets a new ticket on request as bare text', async () => {
    const { client, ticket } = await join();
    const [status, renewed] = await client.request('refreshReconnectionTicket');
    assert.equal(status, 'ok');
    assert.ok(typeof renewed === 'string' && renewed !== ticket);
    client.close();
    await away();
    await back(renewed);
  });

  it('may send what it was asked for meanwhile before it comes back', async () => {
    const { client, ticket } = await join();
    client.break();
    await away();
    const again = await Client.connect(portal.url);
    const early = again.request('text', { to: 'all', message: 'written offline' });
    const order: string[] = [];
    const asked = again.request('relogin', ticket).then(() => order.push('relogin'));
    const answered = early.then(([status]) => order.push(`text ${status}`));
    await Promise.all([asked, answered]);
    assert.deepEqual(order, ['relogin', 'text ok']);
    assert.equal(conference.room.of('text')[0]?.request.message, 'written offline');
  });

  it('is told in the sentences it knows why not', async () => {
    const { client, ticket } = await join();
    const { room } = conference;
    const fields = JSON.parse(Buffer.from(ticket, 'base64').toString()) as Record<string, unknown>;
    const forged = Buffer.from(JSON.stringify({ ...fields, room: 'other' })).toString('base64');
    const refused = async (
      text: string,
      code?: 'participant_not_found' | 'ticket_used' | 'ticket_revoked',
    ) => {
      if (code !== undefined) {
        room.script.relogin = () => {
          throw new PorticoError(code, 'no');
        };
      }
      const stranger = await Client.connect(portal.url);
      const [status, sentence] = await stranger.request('relogin', text);
      assert.equal(status, 'error');
      assert.equal(await stranger.ended, 'io server disconnect');
      return sentence;
    };
    assert.equal(await refused(forged), 'Invalid reconnection ticket signature');
    assert.equal(await refused('nonsense'), 'Invalid reconnection ticket signature');
    assert.equal(await refused(ticket, 'participant_not_found'), 'Client does NOT exist');
    assert.equal(await refused(ticket, 'ticket_used'), 'Reconnection is not allowed');
    assert.equal(await refused(ticket, 'ticket_revoked'), 'Reconnection is not allowed');
    assert.deepEqual(await client.request('relogin', ticket), ['error', 'Connection is in service']);
  });

  it('on another portal gets what the first one had not told it', async () => {
    const second = await world.portal();
    const { client, ticket } = await join();
    client.break();
    await away();
    await conference.room.tell(here, { event: text('one') });
    const again = await back(ticket, second.portal.url);
    await conference.room.tell(second.context.membership.id, { event: text('two') });
    await again.client.notified('text', 2);
    assert.deepEqual(messages(again.client), ['one', 'two']);
  });

  it('learns what a snapshot changes as ordinary events, also when it was away', async () => {
    const present = await join();
    const absent = await join();
    const { room } = conference;
    const info = { id: absent.id, user: 'alice', role: 'presenter' };
    await room.tell(here, {
      event: { name: 'participant', data: { action: 'join', data: info } },
      except: [absent.id],
    });
    await room.tell(here, ...[joined, added('old'), added('same')].map((event) => ({ event })));
    await present.client.notified('stream', 2);
    await absent.client.notified('stream', 2);
    absent.client.break();
    await away();
    const carol = { id: ParticipantId.parse('carol'), user: 'carol', role: 'viewer' };
    const muted = stream('same');
    const [track] = muted.media.tracks;
    const changed = { ...muted, media: { tracks: [{ ...track!, status: 'inactive' as const }] } };
    const ids = [present.id, absent.id].map((id) => ({ id, user: 'alice', role: 'presenter' }));
    const data = {
      id: room.id,
      views: [],
      participants: [...ids, carol],
      streams: [changed, stream('new')],
      recordings: [],
    };
    await room.tell(here, { event: { name: 'room', data } }, { event: text('end') });
    const again = await back(absent.ticket);
    for (const client of [present.client, again.client]) {
      await client.notified('text');
      assert.deepEqual(names(client).slice(client === present.client ? 4 : 0), [
        'stream remove',
        'participant leave',
        'participant join',
        'stream update',
        'stream add',
        'text',
      ]);
    }
    const [, , , update] = present.client.of('stream');
    assert.deepEqual(update, [{ id: 'same', status: 'update', data: { field: '.', value: changed } }]);
    // The same once more changes nothing.
    await room.tell(here, { event: { name: 'room', data } }, { event: text('end') });
    await present.client.notified('text', 2);
    assert.equal(names(present.client).length, 11);
  });
});
