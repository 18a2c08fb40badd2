import assert from 'node:assert/strict';
import type { ServiceContext } from '../../../common/service.ts';
import { Client } from './support/client.ts';
import { comeBack, join, messages, text } from './support/returning.ts';
import { useScene } from './support/scene.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { metric, until, World } from './support/world.ts';

interface PortalsNotice {
  portals: string[];
  move: boolean;
}

describe('several portals', () => {
  const scene = useScene({ portal: { drain_ms: 5_000 } });

  const notices = (client: Client) => client.of('portals').map(([notice]) => notice as PortalsNotice);
  const closed = (reason: string) => metric(scene.context, 'portico_sessions_closed_total', { reason });
  const knowEachOther = (other: ServiceContext) =>
    until(
      () =>
        scene.context.membership.members('portal').some(({ id }) => id === other.membership.id) &&
        other.membership.members('portal').some(({ id }) => id === scene.here),
      'the portals know each other',
    );

  it('are listed in answers, this one first, and changes are told after a moment', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    assert.deepEqual(answer.portals, [scene.portal.url]);
    const owt = await join(scene.portal.url, 'owt', { protocol: '1.2' });
    const [second, third] = [await scene.world.portal(), await scene.world.portal()];
    await client.notified('portals');
    const urls = [second.portal.url, third.portal.url].sort();
    assert.deepEqual(notices(client), [{ portals: [scene.portal.url, ...urls], move: false }]);
    assert.equal(owt.client.of('portals').length, 0);
    const again = await comeBack(scene.portal.url, answer.ticket!, { cursor: answer.cursor });
    assert.deepEqual(again.answer.portals, [scene.portal.url, ...urls]);
    await third.context.membership.drain();
    await again.client.notified('portals');
    assert.deepEqual(notices(again.client), [
      { portals: [scene.portal.url, second.portal.url], move: false },
    ]);
    owt.client.close();
  });

  it('take over the clients of one that ends, which waits for them', async () => {
    const second = await scene.world.portal();
    await knowEachOther(second.context);
    const alice = await join(scene.portal.url, 'alice');
    const bob = await join(scene.portal.url, 'bob');
    const owt = await join(scene.portal.url, 'owt', { protocol: '1.2' });
    const idle = await Client.connect(scene.portal.url);
    let ended = false;
    const closing = scene.portal.close().then(() => (ended = true));
    for (const { client } of [alice, bob]) {
      await client.notified('portals');
      assert.deepEqual(notices(client), [{ portals: [second.portal.url], move: true }]);
    }
    for (const client of [owt.client, idle]) assert.equal(await client.ended, 'transport close');
    await assert.rejects(Client.connect(scene.portal.url), 'no new connections');
    const { room } = scene.conference;
    await room.tell(scene.here, { event: text('while they move') });
    const { cursor } = alice.answer;
    const moved = await comeBack(second.portal.url, alice.answer.ticket!, { cursor });
    assert.equal(await alice.client.ended, 'io server disconnect');
    assert.equal(alice.client.of('drop').length, 0, 'it has gone by itself');
    await moved.client.notified('text');
    assert.deepEqual(messages(moved.client), ['while they move']);
    assert.equal(await closed('moved'), 1);
    assert.equal(ended, false, 'bob is still there');
    assert.equal((await bob.client.request('text', { to: 'all', message: 'still here' }))[0], 'ok');
    const last = await comeBack(second.portal.url, bob.answer.ticket!, { cursor: bob.answer.cursor });
    await closing;
    assert.equal(room.of('leave').length, 0);
    assert.deepEqual(
      room.of('detach').map(({ by }) => by.participant),
      [owt.answer.id],
    );
    for (const { client } of [moved, last]) client.close();
  });

  it('do not keep one that ends waiting for ever: who stays is away', async () => {
    const slow = new World({ portal: { drain_ms: 100 } });
    try {
      const rooms = await ScriptedConference.start(slow);
      const first = await slow.portal();
      const second = await slow.portal();
      await until(() => first.context.membership.members('portal').length === 1, 'known');
      const { client, answer } = await join(first.portal.url, 'alice');
      await first.portal.close();
      assert.equal(await client.ended, 'transport close');
      assert.equal(client.of('drop').length, 0);
      assert.equal(rooms.room.of('detach')[0]?.by.participant, answer.id);
      assert.equal(rooms.room.of('leave').length, 0);
      const back = await comeBack(second.portal.url, answer.ticket!, { cursor: answer.cursor });
      back.client.close();
    } finally {
      await slow.close();
    }
  });

  it('hand over a client that is still connected to the old one: it is told that it was replaced', async () => {
    const second = await scene.world.portal();
    const { client, answer } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    await room.tell(scene.here, { event: text('one') });
    await client.notified('text');
    const moved = await comeBack(second.portal.url, answer.ticket!, { cursor: answer.cursor });
    assert.equal(await client.ended, 'io server disconnect');
    assert.deepEqual(client.of('drop'), [[{ reason: 'replaced' }]]);
    await moved.client.notified('text');
    assert.deepEqual(messages(moved.client), ['one'], 'it had not said that it has it');
    assert.equal(room.of('detach').length, 0);
    moved.client.close();
  });

  it('say what a participant was not told when it goes to another one', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    const { epoch } = room.owner;
    await room.tell(scene.here, { event: text('one') }, { event: text('two') });
    await room.tell(scene.here, { event: text('not hers'), except: [answer.id] });
    await client.notified('text', 2);
    client.break();
    await until(() => room.of('detach').length === 1, 'away');
    await room.tell(scene.here, { event: text('four') });
    const numbers = ({ entries }: { entries: { entry: { seq: number | null } }[] }) =>
      entries.map(({ entry }) => entry.seq);
    const rest = await room.take(scene.here, answer.id, { epoch, seq: 1 });
    assert.deepEqual([rest.complete, numbers(rest)], [true, [2, 4]]);
    const unknown = await room.take(scene.here, answer.id);
    assert.deepEqual(unknown, { complete: false, entries: [] });
    const bob = await join(scene.portal.url, 'bob', { protocol: '1.2' });
    bob.client.break();
    await until(() => room.of('detach').length === 2, 'away');
    await room.tell(scene.here, { event: text('five') });
    const told = await room.take(scene.here, bob.answer.id);
    assert.deepEqual([told.complete, numbers(told)], [true, [5]], 'without a cursor all since it was away');
  });
});
