import assert from 'node:assert/strict';
import { once } from 'node:events';
import { observer, type types } from 'mediasoup';
import type { ParticipantRecord } from '../../../common/contract/cluster.ts';
import { MemberId, TokenId } from '../../../common/contract/ids.ts';
import { fails } from './support/fails.ts';
import { eventually } from './support/metrics.ts';
import { Peer } from './support/peer.ts';
import { Person } from './support/person.ts';
import { ScriptedPortal } from './support/scripted-portal.ts';
import { Stage, until } from './support/stage.ts';

const record = (
  person: Person,
  newest: number,
  more: Partial<ParticipantRecord> = {},
): ParticipantRecord => ({
  id: person.id,
  user: 'Alice',
  role: 'presenter',
  permission: {},
  joinedAt: 1,
  token: TokenId.parse('token-of-alice'),
  protocol: 'portico/1',
  generations: { oldest: 1, newest },
  ...more,
});

describe('access agent: participants that come back', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.create(1);
  });
  afterEach(async () => {
    await stage.close();
  });

  const seat = async (person: Person) => {
    const { seats } = await stage.call(person.agent, 'room.inventory', { room: stage.room });
    return seats.find(({ participant }) => participant === person.id);
  };

  it('keeps who somebody is for whoever rebuilds the room; the newest record wins', async () => {
    const alice = new Person(stage, 'alice');
    await alice.open();
    assert.deepEqual(await seat(alice), { participant: alice.id, portal: stage.portal.id });
    const first = record(alice, 1);
    await alice.open([], { record: first });
    assert.deepEqual((await seat(alice))?.record, first);
    const lost = record(alice, 3, { lost: { at: 10, until: 70 } });
    await alice.open([], { record: lost });
    await alice.open([], { record: record(alice, 2) });
    assert.deepEqual((await seat(alice))?.record, lost, 'an older one does not come back');
    await alice.open([]);
    assert.deepEqual((await seat(alice))?.record, lost, 'a call without one changes nothing');
    const back = record(alice, 3);
    await alice.open([], { record: back });
    assert.deepEqual((await seat(alice))?.record, back, 'of the same age, the later call wins');
  });

  it('closes all of a client that restarted, and gives it a fresh seat', async () => {
    const [alice, bob] = [new Person(stage, 'alice'), new Person(stage, 'bob')];
    const before = await alice.open();
    await bob.open();
    const grant = await alice.watch(bob, await bob.publish());
    await alice.publish();
    await alice.leave('client_restarted');
    const after = await alice.open(['send', 'recv'], { record: record(alice, 2) });
    assert.notEqual(after.transports.send?.id, before.transports.send?.id);
    assert.notEqual(after.transports.recv?.id, before.transports.recv?.id);
    const inventory = await stage.call(alice.agent, 'room.inventory', { room: stage.room });
    assert.deepEqual(
      inventory.publications.map(({ participant }) => participant),
      [bob.id],
    );
    assert.deepEqual(inventory.subscriptions, []);
    await assert.rejects(alice.consume(grant, 'audio'), fails('grant_missing'));
    assert.deepEqual(
      stage.owner.all('sessionsEnded'),
      [],
      'what the owner closed itself is not reported to it',
    );
    await alice.publish();
  });

  it('tells whoever comes back by another portal which layers are wanted', async () => {
    const alice = new Person(stage, 'alice');
    await alice.open([], { record: record(alice, 1) });
    await alice.open();
    await alice.publish();
    await until('a hint', stage.portal, () => stage.portal.layers(alice.id).includes(-1));
    const other = new ScriptedPortal(MemberId.parse('portal-other'));
    await other.serve(stage.bus);
    await alice.open([], { portal: other.id, record: record(alice, 2) });
    await until('a hint at the other portal', other, () => other.layers(alice.id).includes(-1));
  });
});

describe('access agent: media of clients whose network is away', function () {
  this.timeout(60_000);
  const consentS = 4;
  const engines: types.WebRtcTransport[] = [];
  const watch = (worker: types.Worker) => {
    worker.observer.on('newrouter', (router) => {
      router.observer.on('newtransport', (transport) => {
        if (transport.type === 'webrtc') engines.push(transport as types.WebRtcTransport);
      });
    });
  };
  let stage: Stage;
  let alice: Peer;
  let bob: Peer;
  before(async () => {
    observer.on('newworker', watch);
    stage = await Stage.create(1, { ice_consent_timeout_s: consentS });
    [alice, bob] = await Promise.all([Peer.join(stage, 'alice'), Peer.join(stage, 'bob')]);
  });
  after(async () => {
    observer.off('newworker', watch);
    await Promise.all([alice.end(), bob.end()]);
    await stage.close();
  });

  const flows = async () => {
    const before = await bob.received('video', 'framesDecoded');
    await eventually(
      'pictures flow',
      async () => (await bob.received('video', 'framesDecoded')) > before + 5,
    );
  };
  const held = async () => {
    const { seats, publications, subscriptions } = await stage.call(alice.agent, 'room.inventory', {
      room: stage.room,
    });
    return { seats, publications, subscriptions };
  };
  const engine = (peer: Peer, direction: 'send' | 'recv') => {
    const found = engines.find(({ id }) => id === peer.transport(direction));
    assert.ok(found);
    return found;
  };
  /** Both fall silent until the engine counts them as disconnected. */
  const silence = async (broken: types.WebRtcTransport[]) => {
    const gone = broken.map(async (transport) => {
      while (transport.iceState !== 'disconnected') await once(transport.observer, 'icestatechange');
    });
    for (const peer of [alice, bob]) peer.suspend();
    await Promise.all(gone);
  };

  it('goes on after a silence longer than the consent time-out: nothing was closed, new ICE credentials revive it', async () => {
    const grant = await bob.subscribe(alice, await alice.send(['video']));
    await bob.receive(grant);
    await flows();
    const before = await held();
    const broken = [engine(alice, 'send'), engine(bob, 'recv')];
    await silence(broken);
    assert.deepEqual(await held(), before);
    const access = { ...alice.access?.transports };
    const again = await alice.open();
    assert.equal(again.transports.send?.id, access.send?.id, 'asking again gives the same transport');
    for (const peer of [alice, bob]) peer.awaken();
    await Promise.all([alice.restartIce('send'), bob.restartIce('recv')]);
    await flows();
    for (const transport of broken) assert.match(transport.iceState, /connected|completed/);
    assert.deepEqual(await held(), before);
    assert.deepEqual(stage.owner.all('sessionsEnded'), []);
  });

  it('asks for key frames for whoever comes back, and of it: a picture stands still until one comes', async () => {
    const requested = async () => {
      const request = { id: alice.names().stream };
      const { stats } = await stage.call(alice.agent, 'getStats', { ...alice.stamp, request });
      return stats.reduce((sum, stat) => sum + Number(stat['pliCount'] ?? 0), 0);
    };
    for (const person of [alice, bob]) {
      const before = await requested();
      let newest = 0;
      // One that is asked for while another is on its way is not asked for again.
      await eventually('a key frame was asked for', async () => {
        await person.open([], { record: record(person, (newest += 1)) });
        return (await requested()) > before;
      });
    }
  });

  it('goes on while the portal of its participants is dead', async () => {
    await stage.portal.stop();
    await flows();
    assert.deepEqual(stage.owner.all('sessionsEnded'), []);
  });
});
