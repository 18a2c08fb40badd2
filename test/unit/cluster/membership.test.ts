import assert from 'node:assert/strict';
import { once } from 'node:events';
import { LocalBroker, LocalBus } from '../../../common/bus/local-bus.ts';
import { Membership, type Departure, type Member } from '../../../common/cluster/membership.ts';
import { heartbeatTopic, type Role } from '../../../common/contract/cluster.ts';
import { silentLogger } from '../../../common/observe/log.ts';
import { until } from '../../support/until.ts';

const heartbeatMs = 40;

describe('membership', () => {
  let broker: LocalBroker;
  let started: { membership: Membership; bus: LocalBus }[];
  beforeEach(() => {
    broker = new LocalBroker();
    started = [];
  });
  afterEach(async () => {
    for (const { membership, bus } of started) {
      await membership.close();
      await bus.close();
    }
  });

  const start = async (
    role: Role,
    options: { announce?: boolean; url?: string; load?: () => number } = {},
  ) => {
    const { announce = true, ...rest } = options;
    const bus = await LocalBus.connect(broker, { name: role });
    const common = { bus, role, log: silentLogger, heartbeatMs, missedHeartbeats: 3 };
    const membership = await Membership.create({ ...common, ...rest });
    started.push({ membership, bus });
    if (announce) await membership.announce();
    return { membership, bus };
  };

  /** Who left, and why. */
  const departures = (membership: Membership) => {
    const seen: [string, Departure][] = [];
    membership.on('left', ({ id }: Member, why) => seen.push([id, why]));
    return seen;
  };

  it('tells of a member as soon as it announces itself, not before', async () => {
    const portal = await start('portal');
    const joined = once(portal.membership, 'joined');
    const access = await start('access', { announce: false, url: 'http://localhost:1', load: () => 0.5 });
    assert.deepEqual(portal.membership.members(), []);
    await access.membership.announce();
    const [member] = (await joined) as [Member];
    assert.equal(member.id, access.membership.id);
    assert.deepEqual(
      [member.role, member.load, member.draining, member.url],
      ['access', 0.5, false, 'http://localhost:1'],
    );
    assert.deepEqual(portal.membership.members('access'), [portal.membership.get(member.id)]);
    assert.deepEqual(portal.membership.members('conference'), []);
  });

  it('knows all who are there when it has been created, because they answer its hello', async () => {
    const others = [await start('portal'), await start('access')];
    const { membership } = await start('conference', { announce: false });
    assert.deepEqual(
      membership
        .members()
        .map(({ id }) => id)
        .toSorted(),
      others.map(({ membership: { id } }) => id).toSorted(),
    );
  });

  it('does not list itself', async () => {
    const { membership } = await start('portal');
    const access = await start('access');
    await until(() => membership.get(access.membership.id));
    // Its own heartbeats have arrived here, too: events of one topic keep their order.
    assert.deepEqual(
      membership.members().map(({ role }) => role),
      ['access'],
    );
  });

  it('tells of a goodbye at once', async () => {
    const portal = await start('portal');
    const access = await start('access');
    await until(() => portal.membership.get(access.membership.id));
    const seen = departures(portal.membership);
    await access.membership.close();
    await until(() => seen.length > 0);
    assert.deepEqual(seen, [[access.membership.id, 'bye']]);
    assert.equal(portal.membership.get(access.membership.id), undefined);
  });

  it('misses who is silent, once', async () => {
    const portal = await start('portal');
    const access = await start('access');
    await until(() => portal.membership.get(access.membership.id));
    const seen = departures(portal.membership);
    await access.bus.close();
    await until(() => seen.length > 0);
    const other = await start('conference');
    await until(() => portal.membership.get(other.membership.id));
    assert.deepEqual(seen, [[access.membership.id, 'silent']]);
  });

  it('does not take its own absence for the silence of others', async () => {
    const portal = await start('portal');
    const access = await start('access');
    await until(() => portal.membership.get(access.membership.id));
    const seen = departures(portal.membership);
    broker.stop();
    // Longer than silence is tolerated.
    const cutOffAt = performance.now();
    await until(() => performance.now() - cutOffAt > heartbeatMs * 5);
    broker.start();
    const joined = await start('conference');
    await until(() => portal.membership.get(joined.membership.id));
    assert.deepEqual(seen, []);
    // And it has not forgotten how to miss somebody.
    await access.bus.close();
    await until(() => seen.length > 0);
  });

  it('does not take a hang of its own for the silence of others', async () => {
    const portal = await start('portal');
    const access = await start('access');
    await until(() => portal.membership.get(access.membership.id));
    const seen = departures(portal.membership);
    const hangUntil = performance.now() + heartbeatMs * 6;
    while (performance.now() < hangUntil);
    const next = await start('conference');
    await until(() => portal.membership.get(next.membership.id));
    assert.deepEqual(seen, []);
  });

  it('takes out who was found gone, and back in when it is heard again', async () => {
    const portal = await start('portal');
    const access = await start('access');
    await until(() => portal.membership.get(access.membership.id));
    const seen = departures(portal.membership);
    const back = once(portal.membership, 'joined');
    portal.membership.reportGone(access.membership.id);
    portal.membership.reportGone(access.membership.id);
    assert.deepEqual(seen, [[access.membership.id, 'gone']]);
    await back;
    assert.ok(portal.membership.get(access.membership.id));
  });

  it('tells when a member drains', async () => {
    const portal = await start('portal');
    const access = await start('access');
    await access.membership.drain();
    await until(() => portal.membership.get(access.membership.id)?.draining);
  });

  it('ignores what is no heartbeat', async () => {
    const portal = await start('portal');
    await portal.bus.publish(heartbeatTopic, { member: '' });
    broker.injectEvent(heartbeatTopic, 'rubbish');
    const access = await start('access');
    await until(() => portal.membership.get(access.membership.id));
    assert.equal(portal.membership.members().length, 1);
  });

  it('never gives an id twice', () => {
    const ids = new Set(Array.from({ length: 1_000 }, () => Membership.newId('portal')));
    assert.equal(ids.size, 1_000);
  });
});
