import assert from 'node:assert/strict';
import type { WireError } from '../../../common/contract/errors.ts';
import { Client } from './support/client.ts';
import { comeBack, join, lastPosition, messages, text } from './support/returning.ts';
import { useScene } from './support/scene.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { gate, metric, until, World } from './support/world.ts';

describe('coming back with a ticket', () => {
  const scene = useScene();

  it('gives the same participant what it missed, once and in order, after the answer', async () => {
    const { client: before, answer: first } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    await room.tell(scene.here, { event: text('one') });
    await before.notified('text');
    before.break();
    await scene.away();
    await room.tell(scene.here, { event: text('two') }, { event: text('three') });
    await room.tell(scene.here, { event: text('not for alice'), except: [first.id] });
    const after = await Client.connect(scene.portal.url);
    const order: string[] = [];
    after.socket.onAny((name: string) => order.push(name));
    const cursor = lastPosition(before);
    const [status, data] = await new Promise<[string, unknown]>((resolve) => {
      after.socket.emit('relogin', { ticket: first.ticket, cursor }, (...answer: [string, unknown]) => {
        order.push('answer');
        resolve(answer);
      });
    });
    assert.equal(status, 'ok');
    await room.tell(scene.here, { event: text('four') });
    const [two, three, four] = await after.notified('text', 3);
    assert.deepEqual(messages(after), ['two', 'three', 'four']);
    assert.deepEqual(order, ['answer', 'text', 'text', 'text']);
    const { epoch } = room.owner;
    assert.deepEqual(
      [two?.[1], three?.[1], four?.[1]],
      [
        { epoch, seq: 2, prev: 1 },
        { epoch, seq: 3, prev: 2 },
        { epoch, seq: 5, prev: 3 },
      ],
    );
    const answer = data as Record<string, unknown>;
    assert.deepEqual(Object.keys(answer).sort(), [
      'cursor',
      'iceServers',
      'id',
      'permission',
      'portals',
      'resume',
      'role',
      'sessions',
      'ticket',
      'user',
    ]);
    assert.equal(answer['id'], first.id);
    assert.equal(answer['resume'], 'replay');
    assert.deepEqual(answer['cursor'], cursor);
    const [asked] = room.of('relogin');
    assert.equal(asked?.cursor, undefined, 'the portal knows what was missed');
    assert.equal(asked?.ticket.participant.id, first.id);
    assert.equal(asked?.fresh, false);
    assert.equal(await scene.relogins('ok'), 1);
    assert.equal(await metric(scene.context, 'portico_notifications_replayed_total'), 2);
    assert.equal(await metric(scene.context, 'portico_participants_away'), 0);
  });

  it('passes on what the client still has, and shows a client that has nothing the room', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    client.break();
    await scene.away();
    await scene.conference.room.tell(scene.here, { event: text('shown in the room') });
    const held = { transports: ['t'], publications: ['p'], subscriptions: [] };
    const again = await comeBack(scene.portal.url, answer.ticket!, { cursor: answer.cursor, held });
    assert.deepEqual(scene.conference.room.of('relogin')[0]?.held, held);
    again.client.break();
    await scene.away(2);
    const fresh = await comeBack(scene.portal.url, again.answer.ticket, { transports: ['send', 'send'] });
    const [, second] = scene.conference.room.of('relogin');
    assert.equal(second?.fresh, true);
    assert.deepEqual(second.transports, ['send']);
    assert.equal(fresh.answer.resume, 'fresh');
    assert.equal(fresh.answer.room?.participants[0]?.id, answer.id);
    assert.deepEqual(fresh.answer.cursor, { epoch: scene.conference.room.owner.epoch, seq: 1 });
    await scene.conference.room.tell(scene.here, { event: text('new') });
    await fresh.client.notified('text');
    assert.deepEqual(messages(fresh.client), ['new']);
  });

  it('works on another portal, which gets what the first one had not told', async () => {
    const second = await scene.world.portal();
    const there = second.context.membership.id;
    const { client, answer } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    await room.tell(scene.here, { event: text('one') });
    await client.notified('text');
    const cursor = lastPosition(client);
    client.break();
    await scene.away();
    await room.tell(scene.here, { event: text('two') });
    const moved = await comeBack(second.portal.url, answer.ticket!, { cursor });
    await room.tell(there, { event: text('three') });
    await moved.client.notified('text', 2);
    assert.deepEqual(messages(moved.client), ['two', 'three']);
    assert.equal(moved.answer.id, answer.id);
    assert.equal(
      await metric(scene.context, 'portico_participants_away'),
      0,
      'the first one has forgotten it',
    );
  });

  it('keeps what another portal had to tell until the client has it', async () => {
    const second = await scene.world.portal();
    const there = second.context.membership.id;
    const { client, answer } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    client.break();
    await scene.away();
    await room.tell(scene.here, { event: text('one') }, { event: text('two') });
    const { cursor } = answer;
    const lost = await comeBack(second.portal.url, answer.ticket!, { cursor });
    await lost.client.notified('text', 2);
    const [, position] = lost.client.of('text')[0] as [unknown, { epoch: number; seq: number }];
    lost.client.socket.emit('ack', { epoch: position.epoch, seq: position.seq });
    lost.client.break();
    await scene.away(2);
    await room.tell(there, { event: text('three') });
    const again = await comeBack(second.portal.url, lost.answer.ticket, {
      cursor: { epoch: position.epoch, seq: position.seq },
    });
    await again.client.notified('text', 2);
    assert.deepEqual(messages(again.client), ['two', 'three']);
    assert.equal(room.of('relogin').at(-1)?.cursor, undefined);
  });

  it('asks the room when too much was said to be kept here', async () => {
    const small = new World({ reconnection: { log_entries: 10 } });
    try {
      const rooms = await ScriptedConference.start(small);
      const { portal: other, context: its } = await small.portal();
      const { client, answer } = await join(other.url, 'alice');
      client.break();
      await until(() => rooms.room.of('detach').length === 1, 'away');
      for (let n = 1; n <= 15; n += 1) await rooms.room.tell(its.membership.id, { event: text(String(n)) });
      const { cursor } = answer;
      const again = await comeBack(other.url, answer.ticket!, { cursor });
      await again.client.notified('text', 15);
      assert.deepEqual(rooms.room.of('relogin')[0]?.cursor, cursor);
      assert.deepEqual(
        messages(again.client),
        Array.from({ length: 15 }, (_, n) => String(n + 1)),
      );
    } finally {
      await small.close();
    }
  });

  it('ends with the state of the room when nobody knows any more what was missed', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    client.break();
    await scene.away();
    const { epoch } = room.owner;
    room.script.relogin = async (input) => {
      const answered = await room.welcomeBack(input);
      const entries = [
        { epoch, entry: { seq: 40, to: 'all' as const, event: text('left over') } },
        {
          epoch,
          entry: { seq: 50, to: [answer.id], event: { name: 'room' as const, data: room.snapshot() } },
        },
      ];
      return { ...answered, result: { ...answered.result, seq: 50, missed: { complete: false, entries } } };
    };
    const again = await comeBack(scene.portal.url, answer.ticket!, { cursor: answer.cursor });
    assert.equal(again.answer.resume, 'snapshot');
    assert.deepEqual(again.answer.cursor, answer.cursor);
    await again.client.notified('room');
    assert.deepEqual(
      again.client.received.map(({ name, args: [, position] }) => [name, position]),
      [
        ['text', { epoch, seq: 40, prev: 0 }],
        ['room', { epoch, seq: 50, prev: 40 }],
      ],
    );
    await room.deliver(scene.here, [{ seq: 51, to: 'all', event: text('next') }]);
    const [, next] = await again.client.notified('text', 2);
    assert.deepEqual(next?.[1], { epoch, seq: 51, prev: 50 });
  });

  it('wins over the old connection, which is told that it was replaced', async () => {
    const { client: old, answer } = await join(scene.portal.url, 'alice');
    const { client } = await comeBack(scene.portal.url, answer.ticket!, { cursor: answer.cursor });
    assert.equal(await old.ended, 'io server disconnect');
    assert.deepEqual(old.of('drop'), [[{ reason: 'replaced' }]]);
    await scene.conference.room.tell(scene.here, { event: text('one') });
    await client.notified('text');
    assert.equal(scene.conference.room.of('detach').length, 0, 'nobody was away');
    assert.equal(await metric(scene.context, 'portico_sessions_closed_total', { reason: 'replaced' }), 1);
  });

  it('waits until the room knows that the connection was lost', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    const go = gate();
    const told: string[] = [];
    room.script.detach = async () => {
      await go.opened;
      told.push('detach');
      return { owner: room.owner, result: {} };
    };
    room.script.relogin = (input) => {
      told.push('relogin');
      return room.welcomeBack(input);
    };
    client.break();
    await scene.away();
    const back = comeBack(scene.portal.url, answer.ticket!, { cursor: answer.cursor });
    const bystander = await join(scene.portal.url, 'bob');
    assert.deepEqual(told, []);
    go.open();
    await back;
    assert.deepEqual(told, ['detach', 'relogin']);
    bystander.client.close();
  });

  it('twice at the same time is done one after the other, and the last one wins', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    client.break();
    await scene.away();
    let running = 0;
    const most: number[] = [];
    room.script.relogin = async (input) => {
      running += 1;
      most.push(running);
      await Promise.resolve();
      const answered = await room.welcomeBack(input);
      running -= 1;
      return answered;
    };
    const clients = await Promise.all(Array.from({ length: 4 }, () => Client.connect(scene.portal.url)));
    const answers = await Promise.all(
      clients.map((one) => one.relogin(answer.ticket!, { cursor: answer.cursor })),
    );
    assert.ok(answers.every(([status]) => status === 'ok'));
    assert.deepEqual(most, [1, 1, 1, 1]);
    await room.tell(scene.here, { event: text('one') });
    const winner = await Promise.any(
      clients.map(async (one) => {
        await one.notified('text');
        return one;
      }),
    );
    for (const one of clients) {
      if (one === winner) continue;
      assert.equal(await one.ended, 'io server disconnect');
      assert.deepEqual(one.of('drop'), [[{ reason: 'replaced' }]]);
      assert.equal(one.of('text').length, 0);
    }
    assert.equal(await metric(scene.context, 'portico_sessions', { state: 'joined' }), 1);
  });

  it('opens a room that nobody serves, and tells it who the participant is', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    client.close();
    await scene.away();
    const second = await scene.world.portal();
    // The only owner and the portal are gone.
    await scene.portal.close();
    await scene.conference.room.release();
    const back = await comeBack(second.portal.url, answer.ticket!);
    assert.equal(back.answer.id, answer.id);
    assert.equal(back.answer.user, 'alice');
    assert.equal(scene.conference.room.records.get(answer.id)?.user, 'alice');
  });

  it('is possible with the ticket before the newest until the client has shown that it has that', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    const [status, renewed] = await client.request('refreshReconnectionTicket');
    assert.equal(status, 'ok');
    const { ticket } = renewed as { ticket: string };
    assert.notEqual(ticket, answer.ticket);
    client.socket.emit('ack', answer.cursor);
    await room.tell(scene.here, { event: text('one') });
    await client.notified('text');
    assert.equal(room.of('proveTicket').length, 0, 'that was on its way when the ticket was made');
    client.socket.emit('ack', lastPosition(client));
    client.socket.emit('ack', lastPosition(client));
    await until(() => room.of('proveTicket').length > 0, 'the ticket is proven');
    assert.equal((await client.request('text', { to: 'all', message: 'x' }))[0], 'ok');
    assert.deepEqual(
      room.of('proveTicket').map(({ generation }) => generation),
      [2],
    );
    const thief = await Client.connect(scene.portal.url);
    assert.equal(((await thief.relogin(answer.ticket!))[1] as WireError).code, 'ticket_used');
    const back = await comeBack(scene.portal.url, ticket, { cursor: lastPosition(client) });
    back.client.socket.emit('ack', back.answer.cursor);
    await until(
      () => room.of('proveTicket').length === 2,
      'any acknowledgement proves the ticket of a return',
    );
  });
});
