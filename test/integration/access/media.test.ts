import assert from 'node:assert/strict';
import { once } from 'node:events';
import { observer, type types } from 'mediasoup';
import type { Kind } from '../../../common/contract/media.ts';
import { fails } from './support/fails.ts';
import { eventually } from './support/metrics.ts';
import { Peer } from './support/peer.ts';
import { Stage, until } from './support/stage.ts';

/** Sound arrives and pictures are decoded, from now on. */
async function assertFlows(peer: Peer, kinds: Kind[]): Promise<void> {
  for (const kind of kinds) {
    const figure = kind === 'audio' ? 'packetsReceived' : 'framesDecoded';
    const before = await peer.received(kind, figure);
    await eventually(`${kind} flows`, async () => (await peer.received(kind, figure)) > before + 3);
  }
}

describe('access agent: media of real endpoints', function () {
  this.timeout(60_000);
  let stage: Stage;
  let peers: Peer[] = [];
  afterEach(async () => {
    await Promise.all(peers.map((peer) => peer.end()));
    peers = [];
    await stage.close();
  });

  const join = async (name: string, options?: Parameters<typeof Peer.join>[2]) => {
    const peer = await Peer.join(stage, name, options);
    peers.push(peer);
    return peer;
  };

  for (const [how, agents, access] of [
    ['on one worker', 1, { workers: 1 }],
    ['on two workers of one agent', 1, { workers: 2, consumers_per_worker: 1 }],
    ['on two agents', 2, { workers: 1 }],
  ] as const) {
    it(`flows between two people ${how}, and stops and goes on with the publication`, async () => {
      stage = await Stage.create(agents, access);
      const alice = await join('alice');
      const bob = await join('bob', { agent: agents - 1 });
      const origins = await alice.send();
      const grant = await bob.subscribe(alice, origins);
      const kinds = await bob.receive(grant);
      await assertFlows(bob, kinds);
      const control = (operation: 'pause' | 'play') =>
        stage.call(alice.agent, 'publication.control', {
          ...alice.ofOwner,
          id: alice.names().stream,
          operation,
          data: 'av',
        });
      await control('pause');
      let last = -1;
      await eventually('nothing arrives any more', async () => {
        const now = await bob.received('audio', 'packetsReceived');
        const same = now === last;
        last = now;
        return same;
      });
      await control('play');
      await assertFlows(bob, kinds);
      const { stats } = await stage.call(bob.agent, 'getStats', { ...bob.stamp, request: { id: grant.id } });
      assert.ok(stats.some((stat) => Number(stat['byteCount']) > 0));
    });
  }

  it('asks a publisher for key frames no more often than it gives them, and then for whoever asked meanwhile', async () => {
    const transports: types.Transport[] = [];
    const watch = (worker: types.Worker) => {
      worker.observer.on('newrouter', (router) => {
        router.observer.on('newtransport', (transport) => transports.push(transport));
      });
    };
    observer.once('newworker', watch);
    stage = await Stage.create(1);
    const [alice, bob] = [await join('alice'), await join('bob')];
    const engine = (id: string) => transports.find((transport) => transport.id === id);
    const produced = once(engine(alice.transport('send'))?.observer ?? assert.fail(), 'newproducer');
    const consumed = once(engine(bob.transport('recv'))?.observer ?? assert.fail(), 'newconsumer');
    const grant = await bob.subscribe(alice, await alice.send(['video']));
    const [producer] = (await produced) as [types.Producer];
    const asked: number[] = [];
    let given = 0;
    producer.on('trace', ({ type, timestamp }) => {
      if (type === 'pli') asked.push(timestamp);
      else given += 1;
    });
    await producer.enableTraceEvent(['pli', 'keyframe']);
    await assertFlows(bob, await bob.receive(grant));
    const [consumer] = (await consumed) as [types.Consumer];
    for (let time = 0; time < 3; time += 1) {
      const [before, of] = [asked.length, given];
      await consumer.requestKeyFrame();
      await eventually('a key frame', async () => asked.length > before && given > of);
    }
    const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
    // An endpoint leaves unanswered what comes within 300 ms; the worker by itself repeats that after a second.
    assert.ok(Math.min(...pauses) >= 300, `${pauses.join()} ms`);
  });

  it('is measured when somebody asks: what is sent and received, and that it is muted', async () => {
    stage = await Stage.create(1);
    const alice = await join('alice');
    const bob = await join('bob');
    const grant = await bob.subscribe(alice, await alice.send());
    await assertFlows(bob, await bob.receive(grant));
    const measure = () => stage.call(alice.agent, 'room.measure', { room: stage.room });
    const flowing = await eventually('pictures and sound have a rate', async () => {
      const { streams, subscriptions } = await measure();
      const tracks = [...(streams[0]?.tracks ?? []), ...(subscriptions[0]?.tracks ?? [])];
      return tracks.length === 4 && tracks.every(({ bitrate, score }) => bitrate > 5_000 && score > 5)
        ? { streams, subscriptions, tracks }
        : undefined;
    });
    assert.deepEqual(
      flowing.streams.map(({ id, participant }) => [id, participant]),
      [[alice.names().stream, alice.id]],
    );
    assert.deepEqual(
      flowing.subscriptions.map(({ id, participant }) => [id, participant]),
      [[grant.id, bob.id]],
    );
    for (const { type, format, loss, paused } of flowing.tracks) {
      assert.equal(format?.codec, type === 'audio' ? 'opus' : 'vp8');
      assert.ok(loss < 0.1);
      assert.equal(paused, false);
    }
    await stage.call(alice.agent, 'publication.control', {
      ...alice.ofOwner,
      id: alice.names().stream,
      operation: 'pause',
      data: 'video',
    });
    await eventually('the picture stands still', async () => {
      const { streams, subscriptions } = await measure();
      const videos = [...streams, ...subscriptions].map(({ tracks }) =>
        tracks.find(({ type }) => type === 'video'),
      );
      return videos.every((track) => track?.paused === true) && videos[1]?.bitrate === 0;
    });
    assert.deepEqual(await stage.call(alice.agent, 'room.measure', { room: 'nowhere' }), {
      streams: [],
      subscriptions: [],
    });
  });

  it('has a codec that the room takes, which the endpoint chooses by itself', async () => {
    stage = await Stage.create(1);
    const formats = [{ codec: 'opus' }, { codec: 'vp9' }];
    const alice = await join('alice', { formats });
    const bob = await join('bob', { formats });
    // The VP9 of the endpoints' library crashes now and then: no frame of it is encoded here.
    const origins = await alice.send(['audio', 'video'], { still: true });
    await bob.receive(await bob.subscribe(alice, origins));
    await assertFlows(bob, ['audio']);
    const codecs = stage.owner.all('trackAdded').map(({ track }) => track.format?.codec);
    assert.deepEqual(codecs.toSorted(), ['opus', 'vp9']);
  });

  it('tells who speaks, and that he fell silent', async () => {
    stage = await Stage.create(1);
    const alice = await join('alice');
    await alice.send(['audio']);
    const speaking = () => stage.owner.all('speaking').at(-1);
    const loud = await until('she speaks', stage.owner, () => {
      const report = speaking();
      return report?.participants.length === 1 && report.dominant !== null && report;
    });
    assert.deepEqual([loud.participants[0]?.id, loud.dominant], [alice.id, alice.id]);
    assert.ok((loud.participants[0]?.volume ?? -127) > -50);
    await alice.hush();
    await until('silence', stage.owner, () => speaking()?.participants.length === 0);
    assert.equal(speaking()?.dominant, alice.id);
    assert.ok(stage.owner.all('speaking').length <= 4);
    await alice.leave();
    await until('nobody is dominant', stage.owner, () => speaking()?.dominant === null);
  });

  /** Another certificate than the one that is used. */
  const wrong: Peer['alterDtls'] = (parameters) => ({
    ...parameters,
    fingerprints: parameters.fingerprints.map(({ algorithm, value }) => ({
      algorithm,
      value: value.replace(/^../, (byte) => (byte === '00' ? '01' : '00')),
    })),
  });

  it('reports what a transport carried that failed, and gives a fresh one', async () => {
    stage = await Stage.create(1);
    const alice = await join('alice');
    const bob = await join('bob');
    const lost = alice.transport('send');
    alice.alterDtls = wrong;
    const stream = 'alice-early';
    const grant = await bob.subscribe(alice, await alice.publish({ kinds: ['audio'], stream }), { stream });
    // Its endpoint connects now; whether it also gets to produce is another matter.
    alice.send(['audio']).catch(() => undefined);
    const report = await until('the report', stage.owner, () => stage.owner.all('sessionsEnded')[0]);
    assert.equal(report.reason, 'transport_closed');
    assert.deepEqual(report.seats, []);
    assert.ok(report.publications.includes(alice.names(stream).stream));
    await assert.rejects(bob.consume(grant, 'audio'), fails('track_not_found'));
    const access = await alice.open();
    assert.notEqual(access.transports.send?.id, lost);
  });

  it('gives up the seat with its last transport', async () => {
    stage = await Stage.create(1);
    const alice = await join('alice', { directions: ['send'] });
    alice.alterDtls = wrong;
    const stream = 'alice-early';
    await alice.publish({ kinds: ['audio'], stream });
    alice.send(['audio']).catch(() => undefined);
    const report = await until('the report', stage.owner, () => stage.owner.all('sessionsEnded')[0]);
    assert.equal(report.reason, 'transport_closed');
    assert.deepEqual(report.seats, [alice.id]);
    assert.ok(report.publications.includes(alice.names(stream).stream));
    const { seats } = await stage.call(alice.agent, 'room.inventory', { room: stage.room });
    assert.deepEqual(seats, []);
  });

  it('tells the quality of what is sent and received', async () => {
    stage = await Stage.create(1);
    const alice = await join('alice');
    const bob = await join('bob');
    const grant = await bob.subscribe(alice, await alice.send(['video']));
    await bob.receive(grant);
    const quality = (id: string) =>
      stage.portal.hints.some(({ event }) => event.name === 'quality' && event.data.id === id);
    await until('quality of the stream', stage.portal, () => quality(alice.names().stream));
    await until('quality of the subscription', stage.portal, () => quality(grant.id));
  });
});
