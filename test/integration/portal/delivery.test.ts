import assert from 'node:assert/strict';
import { Caller } from '../../../common/bus/contract.ts';
import type { Notification } from '../../../common/contract/client.ts';
import { memberContract, type Inventory } from '../../../common/contract/cluster.ts';
import { MemberId, memberAddress, ParticipantId, StreamId } from '../../../common/contract/ids.ts';
import { portalContract } from '../../../common/contract/portal.ts';
import type { ServiceContext } from '../../../common/service.ts';
import type { Portal } from '../../../portal/portal.ts';
import { Client } from './support/client.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import type { ScriptedRoom } from './support/scripted-room.ts';
import { gate, metric, token, World } from './support/world.ts';

const text = (message: string): Notification => ({
  name: 'text',
  data: { from: ParticipantId.parse('bob'), to: 'all', message },
});
const speaking: Notification = { name: 'speaking', data: { participants: [], dominant: null } };

describe('notifications', () => {
  let world: World;
  let conference: ScriptedConference;
  let portal: Portal;
  let context: ServiceContext;
  let portalId: MemberId;
  const clients: Client[] = [];

  beforeEach(async () => {
    world = new World();
    conference = await ScriptedConference.start(world);
    ({ portal, context } = await world.portal());
    portalId = context.membership.id;
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await world.close();
  });

  async function join(user: string, change: Record<string, unknown> = {}) {
    const client = await Client.connect(portal.url);
    clients.push(client);
    const [status, answer] = await client.login(token({ user }), change);
    assert.equal(status, 'ok');
    const { id, cursor } = answer as { id: ParticipantId; cursor: { epoch: number; seq: number } };
    return { client, id, cursor };
  }

  const epoch = () => conference.room.owner.epoch;

  it('reach everybody in order, each with its position and the one before it', async () => {
    const alice = await join('alice');
    const bob = await join('bob');
    await conference.room.tell(portalId, { event: text('one') }, { event: text('two') });
    await conference.room.tell(portalId, { event: text('three') });
    for (const { client } of [alice, bob]) {
      const [one, two, three] = await client.notified('text', 3);
      assert.deepEqual(one, [text('one').data, { epoch: epoch(), seq: 1, prev: 0 }]);
      assert.deepEqual(two?.[1], { epoch: epoch(), seq: 2, prev: 1 });
      assert.deepEqual(three?.[1], { epoch: epoch(), seq: 3, prev: 2 });
    }
    assert.equal(await metric(context, 'portico_notifications_total', { event: 'text' }), 6);
  });

  it('for some only reach those, and the position shows what was not meant for a client', async () => {
    const alice = await join('alice');
    const bob = await join('bob');
    const { room } = conference;
    await room.tell(portalId, { event: text('all') });
    await room.tell(portalId, {
      event: text('alice'),
      to: [alice.id, alice.id, ParticipantId.parse('gone')],
    });
    await room.tell(portalId, { event: text('not alice'), except: [alice.id] });
    await room.tell(portalId, { event: text('end') });
    const toAlice = await alice.client.notified('text', 3);
    assert.deepEqual(
      toAlice.map(([payload]) => (payload as { message: string }).message),
      ['all', 'alice', 'end'],
    );
    assert.deepEqual(
      toAlice.map(([, position]) => position),
      [
        { epoch: epoch(), seq: 1, prev: 0 },
        { epoch: epoch(), seq: 2, prev: 1 },
        { epoch: epoch(), seq: 4, prev: 2 },
      ],
    );
    const toBob = await bob.client.notified('text', 3);
    assert.deepEqual(
      toBob.map(([, position]) => (position as { prev: number }).prev),
      [0, 1, 3],
    );
  });

  it('that are not numbered come without a position', async () => {
    const { client } = await join('alice');
    await conference.room.tell(portalId, { event: speaking, seq: null });
    assert.deepEqual(await client.notified('speaking'), [[speaking.data]]);
  });

  it('delivered twice reach the client once', async () => {
    const { client } = await join('alice');
    const entry = { seq: 1, to: 'all' as const, event: text('one') };
    await conference.room.deliver(portalId, [entry]);
    await conference.room.deliver(portalId, [entry, { ...entry, seq: 2, event: text('two') }]);
    await conference.room.deliver(portalId, [{ ...entry, seq: 3, event: text('three') }]);
    const all = await client.notified('text', 3);
    assert.equal(all.length, 3);
  });

  it('that overtake the login answer wait for it; what it reflects is left out', async () => {
    const alice = await join('alice');
    const entered = gate();
    const answer = gate();
    const { room } = conference;
    room.script.join = async (input) => {
      entered.open();
      await answer.opened;
      room.seq = 2;
      return room.admit(input);
    };
    const bob = await Client.connect(portal.url);
    clients.push(bob);
    const order: string[] = [];
    bob.socket.onAny((name: string) => order.push(name));
    const login = { protocol: 'portico/1', userAgent: { sdk: { type: 't', version: '1' } } };
    bob.socket.emit('login', { ...login, token: token({ user: 'bob' }) }, () => order.push('answer'));
    await entered.opened;
    const { id } = room.of('join')[1]!.participant;
    for (const [seq, message] of [
      [1, 'old'],
      [2, 'reflected'],
      [3, 'new'],
      [4, 'newest'],
    ] as const) {
      await room.deliver(portalId, [{ seq, to: 'all', event: text(message) }]);
    }
    await room.deliver(portalId, [{ seq: 5, to: [id], event: text('for bob') }]);
    await room.deliver(portalId, [{ seq: null, to: 'all', event: speaking }]);
    await alice.client.notified('text', 4);
    answer.open();
    const received = await bob.notified('text', 3);
    assert.deepEqual(
      received.map(([payload]) => (payload as { message: string }).message),
      ['new', 'newest', 'for bob'],
    );
    assert.deepEqual(received[0]?.[1], { epoch: epoch(), seq: 3, prev: 2 });
    await bob.notified('speaking');
    assert.equal(order[0], 'answer');
  });

  it('of an owner that was succeeded are refused, those of the next one follow', async () => {
    const { client } = await join('alice');
    const { room } = conference;
    const next = { epoch: room.owner.epoch + 1, id: MemberId.parse('conference-2') };
    room.script.missed = () => ({ owner: next, result: { complete: true, entries: [], seq: 7 } });
    await room.deliver(portalId, [{ seq: 1, to: 'all', event: text('old') }]);
    await room.deliver(portalId, [{ seq: 7, to: 'all', event: text('new') }], { owner: next, after: null });
    const stale = room.deliver(portalId, [{ seq: 8, to: 'all', event: text('stale') }]);
    await assert.rejects(stale, { code: 'stale_owner' });
    await client.notified('text', 2);
    await room.deliver(portalId, [{ seq: 8, to: 'all', event: text('newer') }], { owner: next, after: 7 });
    const received = await client.notified('text', 3);
    assert.deepEqual(
      received.map(([payload]) => (payload as { message: string }).message),
      ['old', 'new', 'newer'],
    );
    assert.deepEqual(received[1]?.[1], { epoch: next.epoch, seq: 7, prev: 1 });
  });

  it('announced owners count, too', async () => {
    await join('alice');
    const { room } = conference;
    const members = new Caller(conference.context.bus, memberContract);
    const next = { epoch: room.owner.epoch + 5, id: MemberId.parse('conference-2') };
    await members.call(memberAddress(portalId), 'room.owner', { room: room.id, owner: next });
    await assert.rejects(room.tell(portalId, { event: text('stale') }), { code: 'stale_owner' });
    await assert.rejects(room.drop(portalId, ParticipantId.parse('x')), { code: 'stale_owner' });
  });

  it('for OWT clients are the five they know, in their shape and without positions', async () => {
    const owt = await join('owt', { protocol: '1.2' });
    const id = StreamId.parse('s');
    const bob = ParticipantId.parse('bob');
    const track = { type: 'audio' as const };
    const events: Notification[] = [
      {
        name: 'participant',
        data: { action: 'join', data: { id: bob, user: 'bob', role: 'viewer', attributes: { a: 1 } } },
      },
      { name: 'participant', data: { action: 'leave', data: bob, reason: 'left' } },
      {
        name: 'stream',
        data: { id, status: 'update', data: { field: 'audio.status', value: 'inactive', by: bob } },
      },
      { name: 'stream', data: { id, status: 'update', data: { field: 'status', value: 'interrupted' } } },
      { name: 'stream', data: { id, status: 'remove', reason: 'closed' } },
      {
        name: 'progress',
        data: { id: 't', sessionId: 's', status: 'error', data: { reason: 'worker_died', transports: true } },
      },
      { name: 'speaking', data: { participants: [bob], dominant: bob } },
      { name: 'text', data: { from: bob, to: 'all', message: `${track.type} end`, id: 'text-1' } },
    ];
    await conference.room.tell(portalId, ...events.map((event) => ({ event })));
    await owt.client.notified('text');
    assert.deepEqual(owt.client.received, [
      { name: 'participant', args: [{ action: 'join', data: { id: 'bob', user: 'bob', role: 'viewer' } }] },
      { name: 'participant', args: [{ action: 'leave', data: 'bob' }] },
      {
        name: 'stream',
        args: [{ id: 's', status: 'update', data: { field: 'audio.status', value: 'inactive' } }],
      },
      { name: 'stream', args: [{ id: 's', status: 'remove' }] },
      { name: 'progress', args: [{ id: 't', sessionId: 's', status: 'error', data: 'worker_died' }] },
      { name: 'text', args: [{ from: 'bob', to: 'all', message: 'audio end' }] },
    ]);
  });

  it('of an agent reach the one participant they are for', async () => {
    const alice = await join('alice');
    const bob = await join('bob');
    const portals = new Caller(conference.context.bus, portalContract);
    const hint = { id: StreamId.parse('s'), track: 's-0' as never, maxSpatialLayer: -1 };
    const event: Notification = { name: 'layers', data: hint };
    const { id: room } = conference.room;
    for (const participant of [alice.id, ParticipantId.parse('nobody')]) {
      await portals.call(memberAddress(portalId), 'participant.hint', { room, participant, event });
    }
    assert.deepEqual(await alice.client.notified('layers'), [[hint]]);
    assert.equal(bob.client.of('layers').length, 0);
  });

  it('never reach another room', async () => {
    const alice = await join('alice');
    const stranger = await Client.connect(portal.url);
    clients.push(stranger);
    await stranger.login(token({ room: 'other', user: 'eve' }));
    const [demo, other] = conference.rooms as [ScriptedRoom, ScriptedRoom];
    await demo.tell(portalId, { event: text('secret'), to: 'all' });
    await demo.tell(portalId, { event: text('secret'), to: [other.of('join')[0]!.participant.id] });
    await other.tell(portalId, { event: text('public') });
    await alice.client.notified('text');
    assert.deepEqual(
      (await stranger.notified('text')).map(([payload]) => payload),
      [text('public').data],
    );
  });

  describe('and the inventory of a room', () => {
    const inventory = (room: string): Promise<Inventory> =>
      new Caller(conference.context.bus, memberContract).call(memberAddress(portalId), 'room.inventory', {
        room: room,
      });

    it('is empty for a room nobody here is in', async () => {
      assert.deepEqual(await inventory('unknown'), {
        member: portalId,
        role: 'portal',
        participants: [],
        seats: [],
        publications: [],
        subscriptions: [],
        usedTokens: [],
      });
    });

    it('names participants, the owner, the newest position and the tokens, also of those who left', async () => {
      const alice = await join('alice', { requestId: 'request-1' });
      const bob = await join('bob');
      await conference.room.tell(portalId, { event: text('one') }, { event: text('two') });
      await bob.client.request('logout');
      const found = await inventory('demo');
      assert.deepEqual(found.owner, conference.room.owner);
      assert.equal(found.seq, 2);
      assert.deepEqual(
        found.participants.map(({ id, user, role }) => ({ id, user, role })),
        [{ id: alice.id, user: 'alice', role: 'presenter' }],
      );
      assert.deepEqual(
        found.usedTokens.map(({ id, participant, requestId }) => ({ id, participant, requestId })),
        conference.room.of('join').map(({ token: { id }, participant }, n) => ({
          id,
          participant: participant.id,
          requestId: n === 0 ? 'request-1' : undefined,
        })),
      );
    });
  });
});
