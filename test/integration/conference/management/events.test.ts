import assert from 'node:assert/strict';
import { until } from '../../../support/until.ts';
import { localBuses, testConfig, TestCluster, type LocalBuses } from '../cluster.ts';
import { must, Stage, streamId } from '../stage.ts';

describe('what management is told of a room', () => {
  let buses: LocalBuses;
  let cluster: TestCluster;
  let stage: Stage;

  const set = async (
    options: Parameters<typeof Stage.set>[1] = {},
    config: Parameters<typeof testConfig>[0] = {},
  ) => {
    buses = localBuses();
    cluster = new TestCluster(buses, testConfig(config));
    stage = await Stage.set(cluster, { apis: 1, ...options });
  };
  afterEach(() => cluster.stop());

  const told = (...types: string[]) =>
    until(() => stage.api.types(stage.room).join() === types.join(), { what: `it is told ${types.join()}` });

  it('is its whole story, in order, from its beginning to its end', async () => {
    await set();
    const alice = await stage.join({ user: 'alice', token: 'token-of-alice' });
    const bob = await stage.join({ user: 'bob' });
    await stage.publish(alice, 's1');
    await alice.portal.request(stage.room, alice.id, 'unpublish', { id: streamId('s1') });
    await stage.publish(bob, 's2');
    await stage.leave(bob);
    await stage.admin('admin.drop', { id: alice.id });
    await until(() => stage.api.types(stage.room).includes('room_ended'));
    const events = stage.api.events(stage.room).map((event) => {
      if ('participant' in event) {
        return [event.type, event.participant.user, ...('reason' in event ? [event.reason] : [])].join(' ');
      }
      if ('stream' in event) {
        return [event.type, event.stream.id, ...('reason' in event ? [event.reason] : [])].join(' ');
      }
      return event.type;
    });
    assert.deepEqual(events, [
      'room_started',
      'participant_joined alice',
      'participant_joined bob',
      'stream_added s1',
      'stream_removed s1 closed',
      'stream_added s2',
      'stream_removed s2 participant_left',
      'participant_left bob left',
      'participant_left alice dropped',
      'room_ended',
    ]);
    const [, joined] = stage.api.events(stage.room);
    assert.equal(joined?.type === 'participant_joined' && joined.participant.token, 'token-of-alice');
    const [first, ...others] = stage.api.reports;
    assert.deepEqual(first?.picture, { participants: [], streams: [] });
    assert.deepEqual(
      others.filter(({ picture }) => picture !== undefined),
      [],
    );
    const numbers = stage.api.reports.flatMap(({ events: reported }) => reported.map(({ seq }) => seq));
    assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('begins after a takeover with what was found, which is no news', async () => {
    await set({ conferences: 2 });
    const alice = await stage.join({ user: 'alice' });
    await stage.publish(alice, 's1');
    await told('room_started', 'participant_joined', 'stream_added');
    const before = stage.api.reports.length;
    await stage.ownerOf(alice).kill();
    await stage.join({ user: 'bob' });
    await told('room_started', 'participant_joined', 'stream_added', 'participant_joined');
    const { picture } = must(stage.api.reports[before]);
    assert.deepEqual(
      [picture?.participants.map(({ user }) => user), picture?.streams.map(({ id }) => id)],
      [['alice'], ['s1']],
    );
  });

  it('after a takeover counts those whose portal died, too, as found', async () => {
    await set({ conferences: 2, portals: 2 });
    const alice = await stage.join({ user: 'alice' }, 0);
    const bob = await stage.join({ user: 'bob' }, 1);
    await told('room_started', 'participant_joined', 'participant_joined');
    const before = stage.api.reports.length;
    await Promise.all([must(stage.portals[0]).kill(), stage.ownerOf(alice).kill()]);
    await bob.portal.open(stage.room);
    const report = await until(() => stage.api.reports[before]);
    assert.deepEqual(report.picture?.participants.map(({ user }) => user).toSorted(), ['alice', 'bob']);
    assert.deepEqual(
      report.events.map(({ event }) => event.type),
      [],
    );
  });

  it('waits while no process of it works, and goes to another one at once', async () => {
    await set({ apis: 2 });
    const [one, other] = stage.apis.map(({ service }) => service);
    assert.ok(one !== undefined && other !== undefined);
    const alice = await stage.join({ user: 'alice' });
    one.broken = true;
    other.broken = true;
    await stage.publish(alice, 's1');
    const asked = () => one.asked['events.report'] + other.asked['events.report'];
    const before = asked();
    await until(() => asked() > before + 2);
    other.broken = false;
    await until(() => other.types(stage.room).includes('stream_added'));
  });

  it('is told to a management API that comes later as it is then', async () => {
    await set({ apis: 0 });
    const alice = await stage.join({ user: 'alice' });
    const api = await cluster.api();
    await until(() => api.service.types(stage.room).length > 1);
    assert.deepEqual(api.service.types(stage.room), ['room_started', 'participant_joined']);
    await stage.leave(alice);
    await until(() => api.service.types(stage.room).includes('room_ended'));
  });

  it('keeps nothing waiting: the room works and closes while nobody listens', async () => {
    await set();
    const alice = await stage.join({ user: 'alice' });
    stage.api.broken = true;
    await stage.publish(alice, 's1');
    await stage.leave(alice);
    await until(async () => (await stage.manage('rooms.list', {})).rooms.length === 0);
    stage.api.broken = false;
    await until(() => stage.api.types(stage.room).includes('room_ended'));
    assert.equal(stage.api.types(stage.room).at(-1), 'room_ended');
  });
});
