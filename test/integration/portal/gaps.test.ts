import assert from 'node:assert/strict';
import { Caller } from '../../../common/bus/contract.ts';
import { memberContract } from '../../../common/contract/cluster.ts';
import { PorticoError, type WireError } from '../../../common/contract/errors.ts';
import { MemberId, memberAddress } from '../../../common/contract/ids.ts';
import { join, lastPosition, messages, text } from './support/returning.ts';
import { useScene } from './support/scene.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { gate, metric, until, World } from './support/world.ts';

describe('notifications that the bus lost', () => {
  const scene = useScene();

  it('are asked for when the next one shows that they are missing', async () => {
    const { client } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    await room.tell(scene.here, { event: text('one') });
    room.lose(scene.here, { event: text('two') }, { event: text('three') });
    await room.tell(scene.here, { event: text('four') });
    const received = await client.notified('text', 4);
    assert.deepEqual(messages(client), ['one', 'two', 'three', 'four']);
    assert.deepEqual(
      received.map(([, position]) => (position as { prev: number }).prev),
      [0, 1, 2, 3],
    );
    const { epoch } = room.owner;
    assert.deepEqual(room.of('missed'), [{ portal: scene.here, cursor: { epoch, seq: 1 } }]);
  });

  it('are asked for once, while what follows waits its turn', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    const reached = gate();
    const go = gate();
    room.script.missed = async ({ cursor }) => {
      reached.open();
      await go.opened;
      // The owner had said no more than this when it was asked.
      const entries = room.after(cursor).filter(({ entry }) => entry.seq! <= 2);
      return { owner: room.owner, result: { complete: true, entries, seq: 2 } };
    };
    room.lose(scene.here, { event: text('one') });
    await room.tell(scene.here, { event: text('two') });
    await reached.opened;
    await room.tell(scene.here, { event: text('three') });
    await room.tell(scene.here, { event: text('for alice'), to: [answer.id] });
    assert.equal(client.of('text').length, 0);
    go.open();
    await client.notified('text', 4);
    assert.deepEqual(messages(client), ['one', 'two', 'three', 'for alice']);
    assert.equal(room.of('missed').length, 1);
  });

  it('are asked for when the connection to the bus is back', async () => {
    const { client } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    room.lose(scene.here, { event: text('one') });
    scene.world.broker.sever('portal-1');
    await client.notified('text');
    assert.deepEqual(messages(client), ['one']);
    assert.equal(room.of('missed').length, 1);
  });

  it('of an owner that died are asked for at the next one', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    const old = room.owner;
    room.lose(scene.here, { event: text('said to others') });
    const next = { epoch: old.epoch + 1, id: MemberId.parse('conference-2') };
    const snapshot = { name: 'room' as const, data: room.snapshot() };
    room.script.missed = ({ cursor }) => {
      assert.deepEqual(cursor, answer.cursor);
      return { owner: next, result: { complete: true, entries: room.after(cursor), seq: 2 } };
    };
    await room.deliver(scene.here, [{ seq: 2, to: 'all', event: snapshot }], { owner: next, after: null });
    await client.notified('room');
    assert.deepEqual(
      client.received.map(({ name, args: [, position] }) => [name, (position as { epoch: number }).epoch]),
      [
        ['text', old.epoch],
        ['room', next.epoch],
      ],
    );
  });

  it('are nothing to ask for when a new owner goes on where the last one ended', async () => {
    const { client } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    await room.tell(scene.here, { event: text('one') });
    const next = { epoch: room.owner.epoch + 1, id: MemberId.parse('conference-2') };
    await room.deliver(scene.here, [{ seq: 2, to: 'all', event: text('two') }], { owner: next, after: null });
    await client.notified('text', 2);
    assert.equal(room.of('missed').length, 0);
  });

  it('are replaced by the state of the room when the owner does not have them either', async () => {
    const { client } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    const { epoch } = room.owner;
    room.lose(scene.here, { event: text('lost') }, { event: text('left over') });
    room.script.missed = () => {
      const snapshot = { name: 'room' as const, data: room.snapshot() };
      const entries = [
        ...room.after({ epoch, seq: 1 }),
        { epoch, entry: { seq: 9, to: 'all' as const, event: snapshot } },
      ];
      return { owner: room.owner, result: { complete: false, entries, seq: 9 } };
    };
    await room.tell(scene.here, {
      event: { name: 'participant', data: { action: 'leave', data: 'x' as never, reason: 'left' } },
    });
    await client.notified('room');
    room.seq = 9;
    await room.tell(scene.here, { event: text('next') });
    await client.notified('text', 2);
    // What came while the owner was asked is told in its place.
    assert.deepEqual(
      client.received.map(({ name }) => name),
      ['text', 'participant', 'room', 'text'],
    );
    assert.deepEqual(messages(client), ['left over', 'next']);
  });

  it('are given up when the owner refuses to tell them, and the rest goes on', async () => {
    const { client } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    room.script.missed = () => {
      throw new PorticoError('internal', 'no');
    };
    room.lose(scene.here, { event: text('one') });
    await room.tell(scene.here, { event: text('two') });
    await client.notified('text');
    await room.tell(scene.here, { event: text('three') });
    await client.notified('text', 2);
    assert.deepEqual(messages(client), ['two', 'three']);
  });
});

describe('notifications that a client has', () => {
  const scene = useScene();

  const kept = () => metric(scene.context, 'portico_outbox_entries');

  it('are kept until all have acknowledged them, those who are away included', async () => {
    const alice = await join(scene.portal.url, 'alice');
    const bob = await join(scene.portal.url, 'bob');
    const { room } = scene.conference;
    await room.tell(scene.here, { event: text('one') }, { event: text('two') });
    for (const { client } of [alice, bob]) await client.notified('text', 2);
    assert.equal(await kept(), 2);
    assert.ok((await metric(scene.context, 'portico_outbox_bytes')) > 100);
    bob.client.break();
    await until(() => room.of('detach').length === 1, 'bob is away');
    alice.client.socket.emit('ack', lastPosition(alice.client));
    // More than was sent is as good as all of it.
    alice.client.socket.emit('ack', { epoch: room.owner.epoch + 5, seq: 1_000 });
    assert.equal((await alice.client.request('text', { to: 'all', message: 'x' }))[0], 'ok');
    assert.equal(await kept(), 2);
    await room.drop(scene.here, bob.answer.id, 'reconnect_timeout');
    alice.client.socket.emit('ack', lastPosition(alice.client));
    await room.tell(scene.here, { event: text('three') });
    await alice.client.notified('text', 3);
    alice.client.socket.emit('ack', lastPosition(alice.client));
    await until(async () => (await kept()) === 0, 'nothing is kept');
  });

  it('are in the inventory of the room as far as they are kept, and the last texts in any case', async () => {
    const { client } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    const leave = {
      name: 'participant',
      data: { action: 'leave', data: 'x' as never, reason: 'left' },
    } as const;
    await room.tell(scene.here, { event: text('one') }, { event: leave });
    await client.notified('participant');
    client.socket.emit('ack', lastPosition(client));
    await until(async () => (await kept()) === 0, 'nothing is kept');
    await room.tell(scene.here, { event: leave }, { event: text('two') });
    await client.notified('text', 2);
    client.break();
    await until(() => room.of('detach').length === 1, 'alice is away');
    const members = new Caller(scene.conference.context.bus, memberContract);
    const { participants, log } = await members.call(memberAddress(scene.here), 'room.inventory', {
      room: room.id,
    });
    const { epoch } = room.owner;
    assert.deepEqual(
      log?.map((stamped) => [stamped.epoch, stamped.entry.seq]),
      [
        [epoch, 1],
        [epoch, 3],
        [epoch, 4],
      ],
    );
    const [alice] = participants;
    assert.deepEqual(alice?.generations, { oldest: 1, newest: 1 });
    assert.ok(alice.lost !== undefined && alice.lost.until - alice.lost.at === 60_000);
  });

  it('are cut to the newest ones in an inventory that would not fit into a message', async () => {
    const tiny = new World({ bus: { max_message_bytes: 20_000 } });
    try {
      const rooms = await ScriptedConference.start(tiny);
      const { portal: other, context: its } = await tiny.portal();
      const { client } = await join(other.url, 'alice');
      for (let n = 0; n < 10; n += 1) {
        await rooms.room.tell(its.membership.id, { event: text('x'.repeat(2_000)) });
      }
      await client.notified('text', 10);
      const members = new Caller(rooms.context.bus, memberContract);
      const asked = { room: rooms.room.id };
      const { log } = await members.call(memberAddress(its.membership.id), 'room.inventory', asked);
      assert.deepEqual(
        log?.map(({ entry }) => entry.seq),
        [7, 8, 9, 10],
      );
    } finally {
      await tiny.close();
    }
  });

  it('are sent again when it says that one is missing', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    await room.tell(scene.here, { event: text('one') }, { event: text('two') });
    await client.notified('text', 2);
    assert.deepEqual(await client.request('resync', { cursor: answer.cursor }), ['ok', { resume: 'replay' }]);
    await client.notified('text', 4);
    assert.deepEqual(messages(client), ['one', 'two', 'one', 'two']);
    client.socket.emit('ack', lastPosition(client));
    // What it has acknowledged is not kept here, so the room has to know.
    assert.deepEqual(await client.request('resync', { cursor: answer.cursor }), ['ok', { resume: 'replay' }]);
    await client.notified('text', 6);
    assert.deepEqual(messages(client).slice(4), ['one', 'two']);
    const [asked] = room.of('missed');
    assert.deepEqual(asked, { portal: scene.here, participant: answer.id, cursor: answer.cursor });
    await room.tell(scene.here, { event: text('three') });
    const received = await client.notified('text', 7);
    assert.equal((received.at(-1)?.[1] as { prev: number }).prev, 2);
  });

  it('are not sent again and again', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => client.request('resync', { cursor: answer.cursor })),
    );
    const refused = answers.filter(([status]) => status === 'error').map(([, error]) => error as WireError);
    assert.equal(refused.length, 3);
    for (const { code, retryAfterMs } of refused) assert.ok(code === 'rate_limited' && retryAfterMs! > 0);
  });
});
