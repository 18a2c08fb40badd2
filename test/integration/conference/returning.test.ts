import assert from 'node:assert/strict';
import type { Cursor } from '../../../common/contract/client.ts';
import type { StampedEntry } from '../../../common/contract/log.ts';
import { positionOf } from '../../../common/room-log/tail.ts';
import type { Guest } from '../../support/scripted-agents.ts';
import { until } from '../../support/until.ts';
import { localBuses, metric, testConfig, TestCluster, type LocalBuses } from './cluster.ts';
import {
  codeOf,
  heard,
  must,
  Stage,
  streamId,
  subscriptionId,
  type StageOptions,
  published,
} from './stage.ts';

let buses: LocalBuses;
let cluster: TestCluster;
let stage: Stage;
function inCluster(): void {
  beforeEach(() => {
    buses = localBuses();
  });
  afterEach(() => cluster.stop());
}

async function set(options: StageOptions = {}, reconnection: Record<string, unknown> = {}): Promise<void> {
  cluster = new TestCluster(buses, testConfig({ reconnection: { window_ms: 10_000, ...reconnection } }));
  stage = await Stage.set(cluster, { portals: 2, ...options });
}

/** Alice at the first portal and Bob at the second one. */
async function pair(): Promise<{ alice: Guest; bob: Guest }> {
  const alice = await stage.join({ user: 'alice' }, 0);
  const bob = await stage.join({ user: 'bob' }, 1);
  return { alice, bob };
}

const cursorOf = ({ owner, joined }: Guest): Cursor => ({ epoch: owner.epoch, seq: joined.seq });
const back = (guest: Guest, portal: number, some: Parameters<Guest['portal']['relogin']>[2] = {}) =>
  stage
    .portalAt(portal)
    .relogin(stage.room, guest.portal.participants.get(guest.id) ?? guest.joined.record, some);
const messages = (entries: readonly StampedEntry[]) =>
  entries.flatMap(({ entry: { event } }) => (event.name === 'text' ? [event.data.message] : []));
const names = (entries: readonly StampedEntry[]) => entries.map(({ entry }) => entry.event.name);
const hearsConnection = (guest: Guest, of: Guest, connection: 'ok' | 'lost') =>
  stage.hears(guest, 'participant', (event) => {
    return event.action === 'connection' && event.data === of.id && event.connection === connection;
  });

describe('a participant whose connection broke', () => {
  inCluster();

  it('is shown as lost, keeps its media, and is back on the same portal with all that it missed', async () => {
    await set();
    const { alice, bob } = await pair();
    await stage.publish(bob, 's1');
    const cursor = { epoch: bob.owner.epoch, seq: bob.joined.seq };
    await bob.portal.detach(stage.room, bob.id);
    await hearsConnection(alice, bob, 'lost');
    assert.deepEqual(
      (await stage.look()).participants.map(({ user, connection }) => [user, connection]),
      [
        ['alice', undefined],
        ['bob', 'lost'],
        ['onlooker', undefined],
      ],
    );
    await stage.say(alice, { to: 'all', message: 'one' });
    await stage.say(alice, { to: bob.id, message: 'two' });
    const held = { publications: [streamId('s1')] };
    const { missed, sessions, record } = await back(bob, 1, { cursor, held });
    await hearsConnection(alice, bob, 'ok');
    assert.equal(missed?.complete, true);
    assert.deepEqual(messages(missed.entries), ['one', 'two']);
    assert.deepEqual(sessions, { publications: ['s1'], subscriptions: [] });
    assert.deepEqual(record.generations, { oldest: 1, newest: 2 });
    assert.equal(record.lost, undefined);
    assert.ok(stage.access.seats.has(bob.id));
    assert.ok(stage.access.publications.has(streamId('s1')));
  });

  it('is back on another portal, which is told everything from then on', async () => {
    await set();
    const { alice, bob } = await pair();
    const cursor = cursorOf(bob);
    await stage.say(alice, { to: 'all', message: 'one' });
    await stage.hears(bob, 'text');
    const { missed } = await back(bob, 0, { cursor, held: {} });
    assert.deepEqual(messages(must(missed).entries), ['one']);
    await until(() => stage.portalAt(1).released.includes(bob.id), { what: 'the old portal lets it go' });
    await stage.say(alice, { to: bob.id, message: 'two' });
    const there = { ...bob, portal: stage.portalAt(0) };
    await stage.hears(there, 'text', ({ message }) => message === 'two');
    await bob.portal.detach(stage.room, bob.id);
    assert.deepEqual(
      (await stage.look()).participants.map(({ connection }) => connection),
      [undefined, undefined, undefined],
    );
  });

  it('leaves when it does not come back in time: others are told once, its ticket is worth nothing', async () => {
    await set({}, { window_ms: 50 });
    const { alice, bob } = await pair();
    await stage.publish(bob, 's1');
    await bob.portal.detach(stage.room, bob.id);
    const left = await stage.hears(alice, 'participant', ({ action }) => action === 'leave');
    assert.deepEqual(left, { action: 'leave', data: bob.id, reason: 'reconnect_timeout' });
    await stage.hears(alice, 'stream', ({ status }) => status === 'remove');
    await until(() => bob.portal.dropped.length > 0);
    assert.deepEqual(bob.portal.dropped, [{ participant: bob.id, reason: 'reconnect_timeout' }]);
    assert.equal(await codeOf(back(bob, 0)), 'ticket_revoked');
    assert.equal(heard(alice, 'participant').filter(({ action }) => action === 'leave').length, 1);
  });

  it('that said when it will be back is waited for no longer', async () => {
    await set();
    const { alice, bob } = await pair();
    await bob.portal.detach(stage.room, bob.id, 30);
    const left = await stage.hears(alice, 'participant', ({ action }) => action === 'leave');
    assert.ok(left.action === 'leave');
    assert.equal(left.reason, 'reconnect_timeout');
  });

  it('leaves at once where no places are kept', async () => {
    await set({}, { window_ms: 0 });
    const { alice, bob } = await pair();
    await bob.portal.detach(stage.room, bob.id);
    const left = await stage.hears(alice, 'participant', ({ action }) => action === 'leave');
    assert.deepEqual(left, { action: 'leave', data: bob.id, reason: 'disconnected' });
  });

  it('keeps the room open', async () => {
    await set();
    const alice = await stage.join({ user: 'alice' });
    await alice.portal.detach(stage.room, alice.id);
    await stage.leave(await stage.join({ user: 'bob' }));
    assert.equal(await metric(must(stage.conferences[0]), 'portico_rooms'), 1);
    assert.equal((await back(alice, 1, { cursor: cursorOf(alice), held: {} })).record.id, alice.id);
  });

  it('whose client restarted gets new media, its old one is closed and others are told', async () => {
    await set();
    const { alice, bob } = await pair();
    await stage.publish(bob, 's1');
    const { media, sessions, missed } = await back(bob, 0, { transports: ['send', 'recv'] });
    assert.ok(media?.transports.send !== undefined && media.transports.recv !== undefined);
    assert.deepEqual(sessions, { publications: [], subscriptions: [] });
    assert.equal(missed, undefined);
    const gone = await stage.hears(alice, 'stream', ({ status }) => status === 'remove');
    assert.deepEqual(gone, { id: 's1', status: 'remove', reason: 'client_restarted' });
    const [closed] = stage.access.asked('participant.close');
    assert.equal(closed?.reason, 'client_restarted');
    assert.equal(stage.access.seats.get(bob.id), stage.portalAt(0).id);
  });

  it('loses only the sessions that its client does not hold any more', async () => {
    await set();
    const { alice, bob } = await pair();
    await stage.publish(alice, 'a1');
    await stage.publish(bob, 's1');
    await stage.publish(bob, 's2');
    await stage.subscribe(bob, 'a1', 'kept');
    await stage.subscribe(bob, 'a1', 'gone');
    const held = { publications: [streamId('s1')], subscriptions: [subscriptionId('kept')] };
    await back(bob, 1, { cursor: cursorOf(bob), held });
    await stage.hears(alice, 'stream', (event) => event.status === 'remove' && event.id === 's2');
    await until(() => !stage.access.subscriptions.has(subscriptionId('gone')));
    assert.ok(stage.access.publications.has(streamId('s1')));
    assert.ok(stage.access.subscriptions.has(subscriptionId('kept')));
  });
});

describe('a portal that was thought dead', () => {
  inCluster();

  it('has its participants back as soon as it is heard of again', async () => {
    await set();
    const { alice, bob } = await pair();
    const { membership } = stage.ownerOf(alice).context;
    const portal = must(membership.get(bob.portal.id));
    membership.emit('left', portal, 'silent');
    await hearsConnection(alice, bob, 'lost');
    // With its next heartbeat it joins again.
    membership.reportGone(portal.id);
    await hearsConnection(alice, bob, 'ok');
    await stage.say(alice, { to: bob.id, message: 'still there?' });
    await stage.hears(bob, 'text', ({ message }) => message === 'still there?');
  });
});

describe('a reconnection ticket', () => {
  inCluster();

  it('is good until a newer one is used: an answer that was lost locks nobody out', async () => {
    await set();
    const { bob } = await pair();
    const [once, again] = [{ generation: 1 }, { generation: 1 }];
    assert.deepEqual((await back(bob, 1, once)).record.generations, { oldest: 1, newest: 2 });
    assert.deepEqual((await back(bob, 0, again)).record.generations, { oldest: 1, newest: 3 });
    assert.deepEqual((await back(bob, 1, { generation: 3 })).record.generations, { oldest: 3, newest: 4 });
    assert.equal(await codeOf(back(bob, 1, { generation: 2 })), 'ticket_used');
  });

  it('is good until the client proves that it has the newer one', async () => {
    await set();
    const { bob } = await pair();
    await back(bob, 1, { generation: 1 });
    const by = { participant: bob.id, portal: bob.portal.id };
    const { result } = await bob.portal.call(stage.room, 'proveTicket', { by, generation: 2 });
    assert.deepEqual(result.generations, { oldest: 2, newest: 2 });
    assert.equal(await codeOf(back(bob, 1, { generation: 1 })), 'ticket_used');
  });

  it('can be renewed', async () => {
    await set();
    const { bob } = await pair();
    const by = { participant: bob.id, portal: bob.portal.id };
    const { result } = await bob.portal.call(stage.room, 'renewTicket', { by });
    assert.deepEqual(result.generations, { oldest: 1, newest: 2 });
  });

  it('brings nobody back who left, was removed, or left on its own at a portal that forgot', async () => {
    await set();
    const { alice, bob } = await pair();
    await stage.portalAt(0).request(stage.room, alice.id, 'drop', { id: bob.id });
    assert.equal(await codeOf(back(bob, 0)), 'ticket_revoked');
    await stage.leave(alice);
    assert.equal(await codeOf(back(alice, 1)), 'ticket_revoked');
  });

  it('brings nobody back who left before the room was closed and opened elsewhere', async () => {
    await set({ conferences: 2 });
    const alice = await stage.join();
    const first = stage.ownerOf(alice);
    await stage.leave(alice);
    await until(async () => (await metric(first, 'portico_rooms')) === 0);
    await first.stop();
    assert.equal(await codeOf(back(alice, 1)), 'ticket_revoked');
  });

  it('opens the room again when nobody remembers it', async () => {
    await set();
    const alice = await stage.join({ user: 'alice' });
    const record = must(alice.portal.participants.get(alice.id));
    await Promise.all([
      must(stage.portals[0]).kill(),
      stage.ownerOf(alice).kill(),
      stage.accessOf(alice).kill(),
    ]);
    stage.conferences.push(await cluster.conference());
    const access = await cluster.access();
    const returned = await stage.portalAt(1).relogin(stage.room, record, { transports: ['send'] });
    assert.equal(returned.record.id, alice.id);
    assert.deepEqual(
      returned.room.participants.map(({ id, user }) => [id, user]),
      [[alice.id, 'alice']],
    );
    assert.equal(access.service.seats.get(alice.id), stage.portalAt(1).id);
  });
});

describe('what a participant missed', () => {
  inCluster();

  it('comes from the portal that it left when the owner is a new one', async () => {
    await set({ conferences: 2 });
    const { alice, bob } = await pair();
    const cursor = cursorOf(bob);
    await stage.say(alice, { to: 'all', message: 'before' });
    await stage.hears(bob, 'text');
    await stage.ownerOf(alice).kill();
    await stage.say(alice, { to: 'all', message: 'after' });
    await stage.hears(bob, 'text', ({ message }) => message === 'after');
    const { missed } = await back(bob, 0, { cursor, held: {} });
    assert.equal(missed?.complete, true);
    assert.deepEqual(
      names(missed.entries).filter((name) => name === 'text' || name === 'room'),
      ['text', 'room', 'text'],
    );
    assert.deepEqual(messages(missed.entries), ['before', 'after']);
    assertInOrder(missed.entries);
  });

  it('is a snapshot, after the texts that others still know, when owner and portal are gone', async () => {
    await set({ conferences: 2 });
    const { alice, bob } = await pair();
    const cursor = cursorOf(bob);
    const record = must(bob.portal.participants.get(bob.id));
    await stage.say(alice, { to: 'all', message: 'before' });
    await stage.hears(alice, 'text');
    await Promise.all([must(stage.portals[1]).kill(), stage.ownerOf(alice).kill()]);
    await stage.say(alice, { to: 'all', message: 'after' });
    const { missed } = await stage.portalAt(0).relogin(stage.room, record, { cursor, held: {} });
    assert.equal(missed?.complete, false);
    assert.deepEqual(messages(missed.entries), ['before', 'after']);
    assert.equal(names(missed.entries).at(-1), 'room');
    assertInOrder(missed.entries);
  });

  it('is a snapshot when more was said than is kept', async () => {
    await set({}, { log_entries: 10 });
    const { alice, bob } = await pair();
    await bob.portal.detach(stage.room, bob.id);
    for (let n = 0; n < 20; n += 1) await stage.say(alice, { to: 'all', message: n });
    const missed = await missedOf(bob);
    assert.equal(missed.complete, false);
    assert.deepEqual(messages(missed.entries).at(-1), 19);
    assert.equal(names(missed.entries).at(-1), 'room');
  });

  it('comes from the portal that an OWT client left, which cannot say what it has', async () => {
    await set();
    const { alice, bob } = await pair();
    await stage.publish(bob, 's1');
    await stage.say(alice, { to: 'all', message: 'one' });
    await stage.hears(bob, 'text');
    const record = must(bob.portal.participants.get(bob.id));
    const { missed } = await stage.portalAt(0).relogin(stage.room, record, { owt: true });
    assert.deepEqual(missed, { complete: true, entries: [] });
    assert.ok(stage.access.publications.has(streamId('s1')), 'its media is untouched');
  });

  it('is told to a portal that lost messages on its way', async () => {
    await set();
    const { alice, bob } = await pair();
    await stage.say(alice, { to: 'all', message: 'one' });
    await stage.say(alice, { to: alice.id, message: 'not for the other portal' });
    const params = { portal: bob.portal.id, cursor: cursorOf(bob) };
    const { result } = await bob.portal.call(stage.room, 'missed', params);
    assert.equal(result.complete, true);
    assert.deepEqual(messages(result.entries), ['one']);
  });

  async function missedOf(guest: Guest) {
    const params = { portal: guest.portal.id, participant: guest.id, cursor: cursorOf(guest) };
    return (await guest.portal.call(stage.room, 'missed', params)).result;
  }
});

describe('a portal that died together with the owner', () => {
  inCluster();

  it('leaves its participants lost, not gone, and they come back with their media', async () => {
    await set({ conferences: 2 });
    const { alice, bob } = await pair();
    await stage.publish(bob, 's1');
    const record = must(bob.portal.participants.get(bob.id));
    await Promise.all([must(stage.portals[1]).kill(), stage.ownerOf(alice).kill()]);
    await stage.say(alice, { to: 'all', message: 'anybody?' });
    await until(
      async () => (await stage.look()).participants.some(({ connection }) => connection === 'lost'),
      {
        what: 'the participant without portal is known',
      },
    );
    const { sessions } = await stage
      .portalAt(0)
      .relogin(stage.room, record, { cursor: cursorOf(bob), held: { publications: [streamId('s1')] } });
    assert.deepEqual(sessions.publications, ['s1']);
    assert.deepEqual(
      published(await stage.look()).map(({ id }) => id),
      ['s1'],
    );
    assert.equal(
      heard(alice, 'participant').some((event) => event.action === 'leave' && event.data === bob.id),
      false,
    );
  });

  it('delivers a repeated message once although both forgot that they had it', async () => {
    await set({ conferences: 2 });
    const { alice, bob } = await pair();
    await stage.say(alice, { to: 'all', message: 'one', id: 'm1' });
    await stage.hears(bob, 'text');
    await stage.ownerOf(alice).kill();
    await stage.say(alice, { to: 'all', message: 'one', id: 'm1' });
    await stage.say(alice, { to: 'all', message: 'two', id: 'm2' });
    await stage.hears(bob, 'text', ({ message }) => message === 'two');
    assert.deepEqual(
      heard(bob, 'text').map(({ message }) => message),
      ['one', 'two'],
    );
  });
});

function assertInOrder(entries: readonly StampedEntry[]): void {
  const positions = entries.map(positionOf);
  const sorted = positions.toSorted((a, b) => a.epoch - b.epoch || a.seq - b.seq);
  assert.deepEqual(positions, sorted);
  assert.equal(new Set(positions.map(({ epoch, seq }) => `${epoch}/${seq}`)).size, positions.length);
}
