import assert from 'node:assert/strict';
import type { Bus } from '../../../../common/bus/bus.ts';
import { Caller } from '../../../../common/bus/contract.ts';
import { LocalBroker, LocalBus } from '../../../../common/bus/local-bus.ts';
import { memberContract } from '../../../../common/contract/cluster.ts';
import { MemberId, memberAddress, RoomId, TokenId } from '../../../../common/contract/ids.ts';
import { managementContract, type RoomEvent } from '../../../../common/contract/management.ts';
import { silentLogger } from '../../../../common/observe/log.ts';
import { ManagementService } from '../../../../management-api/bus/management-service.ts';
import { until } from '../../../support/until.ts';
import { participant, stream } from '../../../unit/webhooks/fixtures.ts';
import { boss, Desk, ended, joined, left, services, shop, started } from '../webhooks/support/desk.ts';
import { Receiver } from '../webhooks/support/receiver.ts';

const self = MemberId.parse('api-1');
const board = RoomId.parse('board');
const owner = (epoch: number) => ({ epoch, id: MemberId.parse(`conference-${epoch}`) });
const numbered = (...events: RoomEvent[]) =>
  events.map((event, index) => ({ seq: index + 1, at: 5_000 + index, event }));

describe('the management API on the bus', () => {
  let desk: Desk;
  let bus: Bus;
  let management: ManagementService;
  let members: Caller<typeof memberContract>;
  let caller: Caller<typeof managementContract>;

  beforeEach(async () => {
    desk = await Desk.open();
    bus = await LocalBus.connect(new LocalBroker());
    const { store, intake } = desk;
    management = await ManagementService.create({ bus, self, store, services, intake, log: silentLogger });
    members = new Caller(bus, memberContract);
    caller = new Caller(bus, managementContract);
  });

  afterEach(async () => {
    await management.close();
    await bus.close();
    await desk.close();
  });

  it('has nothing of a room but its owner, which an older one does not replace', async () => {
    const address = memberAddress(self);
    await members.call(address, 'room.owner', { room: board, owner: owner(2) });
    await assert.rejects(members.call(address, 'room.owner', { room: board, owner: owner(1) }), {
      code: 'stale_owner',
    });
    assert.deepEqual(await members.call(address, 'room.inventory', { room: board }), {
      member: self,
      role: 'api',
      owner: owner(2),
      participants: [],
      seats: [],
      publications: [],
      subscriptions: [],
      usedTokens: [],
    });
  });

  it('tells what the store knows of a room, and which tokens join nobody', async () => {
    const room = await desk.room('board');
    const unknown = await caller.call(memberAddress(self), 'room.lookup', { room: RoomId.parse('nobodys') });
    assert.deepEqual(unknown, { stored: null, revocations: [] });
    const now = Date.now();
    const revocation = { id: 'r1', service: shop.id, room, at: now, until: now + 60_000 };
    await desk.store.revocations.add(revocation);
    const { stored, revocations } = await caller.call(memberAddress(self), 'room.lookup', { room });
    assert.deepEqual([stored?.version, stored?.service, stored?.settings.name], [1, 'shop', 'board']);
    assert.deepEqual(revocations, [revocation]);
  });

  it('tells the key of a service, and of one that is not there that it is not', async () => {
    const keyOf = (id: string) => caller.call(memberAddress(self), 'service.key', { id });
    assert.deepEqual(await keyOf(shop.id), { key: shop.key });
    assert.deepEqual(await keyOf('nobody'), { key: null });
  });

  it('notes which tokens were used, and by whom', async () => {
    const room = await desk.room('board');
    const ann = participant('ann');
    const bob = participant('bob');
    for (const { token, user } of [ann, bob]) {
      const times = { issuedAt: 0, expiresAt: Date.now() + 60_000 };
      await desk.store.tokens.add({ id: token, service: shop.id, room, user, role: 'presenter', ...times });
    }
    await caller.call(memberAddress(self), 'events.report', {
      room,
      owner: owner(1),
      events: numbered(started, joined('ann')),
      picture: { participants: [ann, bob], streams: [] },
    });
    for (const { token, id, joinedAt } of [ann, bob]) {
      const row = await desk.store.tokens.get(TokenId.parse(token), shop.id);
      assert.deepEqual([row?.participant, row?.usedAt], [id, joinedAt]);
    }
  });

  it('has webhooks told what an owner that died did not report, once', async () => {
    const receiver = await Receiver.start();
    try {
      const room = await desk.room('board');
      await desk.webhook(receiver.url);
      desk.deliver();
      const report = async (epoch: number, events: RoomEvent[], people?: string[]) =>
        await caller.call(memberAddress(self), 'events.report', {
          room,
          owner: owner(epoch),
          events: numbered(...events),
          ...(people === undefined
            ? {}
            : {
                picture: {
                  participants: people.map(participant),
                  streams: people.map((name) => stream(`stream-of-${name}`, name)),
                },
              }),
        });
      const add = (name: string): RoomEvent[] => [
        joined(name),
        { type: 'stream_added', stream: stream(`stream-of-${name}`, name) },
      ];
      await report(1, [started, ...add('ann'), ...add('bob')]);
      // Meanwhile ann left and cem came; dan comes under the new owner, whose first report is repeated.
      await report(2, add('dan'), ['bob', 'cem', 'dan']);
      await report(2, add('dan'), ['bob', 'cem', 'dan']);
      // Its answer was lost, and meanwhile dan left: the picture is still that of the first time.
      const danLeft: RoomEvent[] = [
        { type: 'stream_removed', stream: stream('stream-of-dan', 'dan'), reason: 'participant_left' },
        left('dan'),
      ];
      await report(2, [...add('dan'), ...danLeft], ['bob', 'cem', 'dan']);
      // The old owner wakes up.
      await report(1, [started, ...add('ann'), ...add('bob'), ...add('eve')]);
      await until(() => receiver.taken.length === 13);
      const told = receiver.taken.map(({ type, body }) => {
        const { data } = JSON.parse(body) as { data: Record<string, { id: string } | string> };
        return [type, ...Object.values(data).map((value) => (typeof value === 'string' ? value : value.id))];
      });
      assert.deepEqual(told.slice(5), [
        ['stream_removed', 'stream-of-ann', 'participant_left'],
        ['participant_left', 'ann', 'disconnected'],
        ['participant_joined', 'cem'],
        ['stream_added', 'stream-of-cem'],
        ['participant_joined', 'dan'],
        ['stream_added', 'stream-of-dan'],
        ['stream_removed', 'stream-of-dan', 'participant_left'],
        ['participant_left', 'dan', 'left'],
      ]);
      // A takeover that finds nobody: the room ends at once.
      await report(3, [ended], []);
      await until(() => receiver.taken.length === 18);
      assert.equal(receiver.taken.at(-1)?.type, 'room_ended');
    } finally {
      await receiver.close();
    }
  });

  it('says that it is unavailable when the store fails, so that another member is asked', async () => {
    await desk.store.close();
    for (const ask of [
      caller.call(memberAddress(self), 'room.lookup', { room: board }),
      caller.call(memberAddress(self), 'events.report', {
        room: board,
        owner: owner(1),
        events: numbered(started),
      }),
    ]) {
      await assert.rejects(ask, (error: { code?: string }) =>
        ['unavailable', 'closing'].includes(error.code ?? ''),
      );
    }
  });

  it('lets the super service hear of rooms that belong to nobody', async () => {
    const hook = await desk.webhook('http://127.0.0.1:9/', { service: boss.id });
    await caller.call(memberAddress(self), 'events.report', {
      room: RoomId.parse('nobodys'),
      owner: owner(1),
      events: numbered(started),
    });
    const { items } = await desk.store.deliveries.list({ service: boss.id }, { limit: 9 });
    assert.deepEqual(
      items.map(({ webhook, type }) => [webhook, type]),
      [[hook.id, 'room_started']],
    );
  });
});
