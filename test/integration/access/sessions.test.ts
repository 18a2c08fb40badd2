import assert from 'node:assert/strict';
import type { StreamId } from '../../../common/contract/ids.ts';
import { SubscriptionId, TrackId } from '../../../common/contract/ids.ts';
import { fails } from './support/fails.ts';
import { Person } from './support/person.ts';
import { audioParameters, simulcastParameters, videoParameters } from './support/rtp.ts';
import { Stage } from './support/stage.ts';

describe('access agent: publications and subscriptions', () => {
  let stage: Stage;
  let alice: Person;
  let bob: Person;
  beforeEach(async () => {
    stage = await Stage.create(1);
    alice = new Person(stage, 'alice');
    bob = new Person(stage, 'bob');
    await alice.open();
    await bob.open();
  });
  afterEach(async () => {
    await stage.close();
  });

  const inventory = () => stage.call(alice.agent, 'room.inventory', { room: stage.room });

  it('produces within the grant and reports the track with its origin', async () => {
    const transportId = await alice.grantPublication(alice.publicationGrant());
    assert.equal(transportId, alice.transport('send'));
    const producer = await alice.produce('video', { rtp: simulcastParameters });
    const origin = await alice.origin(producer);
    assert.equal(origin.agent, alice.agent);
    const [report] = stage.owner.all('trackAdded');
    assert.equal(report?.participant, alice.id);
    assert.equal(report.publication, alice.names().stream);
    assert.deepEqual(report.track.format, { codec: 'vp8' });
    assert.deepEqual(report.track.layers, { spatial: 3, temporal: 3, type: 'simulcast' });
    assert.equal(report.track.paused, false);
  });

  it('returns the same producer for a repeated produce, and a new one for new parameters', async () => {
    await alice.grantPublication(alice.publicationGrant());
    const parameters = videoParameters();
    const rtp = () => parameters;
    const [first, parallel] = await Promise.all([
      alice.produce('video', { rtp }),
      alice.produce('video', { rtp }),
    ]);
    assert.equal(parallel, first);
    assert.equal(await alice.produce('video', { rtp }), first);
    const second = await alice.produce('video');
    assert.notEqual(second, first);
    const { publications } = await inventory();
    const track = publications[0]?.tracks.find(({ type }) => type === 'video');
    assert.equal(track?.producer, second);
  });

  it('refuses to produce outside the grant', async () => {
    const { stream, track } = alice.names();
    await assert.rejects(alice.produce('audio'), fails('grant_missing'), 'before any grant');
    await alice.grantPublication(alice.publicationGrant(['video']));
    await assert.rejects(alice.produce('audio'), fails('grant_missing'), 'a track that is not granted');
    const audioAsVideo = alice.produce('audio', { track: track('video') });
    await assert.rejects(audioAsVideo, fails('grant_missing'), 'the wrong kind');
    const foreign = bob.produce('video', { stream, track: track('video') });
    await assert.rejects(foreign, fails('grant_missing'), 'somebody else');
    const id = stream;
    await stage.call(alice.agent, 'publication.close', {
      ...alice.ofOwner,
      id,
      reason: 'permission_revoked',
    });
    await assert.rejects(alice.produce('video'), fails('grant_missing'), 'after it was revoked');
  });

  it('offers and takes only the codecs of the room', async () => {
    const formats = [{ codec: 'h264', profile: 'CB' }];
    const { rtpCapabilities } = await alice.open(['send'], { formats });
    const names = rtpCapabilities.codecs?.map(({ mimeType }) => mimeType);
    assert.deepEqual(names, ['video/H264', 'video/rtx']);
    const asked = await stage.call(alice.agent, 'getRouterRtpCapabilities', { ...alice.stamp, request: {} });
    assert.deepEqual(asked.rtpCapabilities, rtpCapabilities);
    assert.equal((await bob.open()).rtpCapabilities.codecs?.length, 9, 'others are not restricted');
    const grant = alice.publicationGrant(['video']);
    await alice.grantPublication({ ...grant, tracks: grant.tracks.map((track) => ({ ...track, formats })) });
    const sentence = /does not take vp8; it takes h264 \(CB\)/;
    await assert.rejects(alice.produce('video'), (error: Error) => {
      return fails('codec_unsupported')(error) && sentence.test(error.message);
    });
    const parameters = {
      'packetization-mode': 1,
      'profile-level-id': '42e01f',
      'level-asymmetry-allowed': 1,
    };
    const rtp = () => videoParameters({ codec: 'H264', payloadType: 102, parameters });
    assert.ok(await alice.produce('video', { rtp }));
  });

  it('refuses to produce on the receiving transport', async () => {
    await alice.grantPublication(alice.publicationGrant());
    const { stream, track } = alice.names();
    const request = {
      id: stream,
      track: track('audio'),
      transportId: alice.transport('recv'),
      kind: 'audio' as const,
      rtpParameters: audioParameters(),
    };
    const call = stage.call(alice.agent, 'produce', { ...alice.stamp, request });
    await assert.rejects(call, fails('transport_not_found'));
  });

  it('does not let two participants publish under one id', async () => {
    const grant = alice.publicationGrant();
    await alice.grantPublication(grant);
    await assert.rejects(bob.grantPublication({ ...grant, participant: bob.id }), fails('stream_exists'));
  });

  it('drops a track that a repeated grant no longer holds', async () => {
    const origins = await alice.publish();
    const grant = await bob.watch(alice, origins);
    await alice.grantPublication(alice.publicationGrant(['audio']));
    const { publications } = await inventory();
    assert.deepEqual(
      publications[0]?.tracks.map(({ type }) => type),
      ['audio'],
    );
    await assert.rejects(bob.consume(grant, 'video'), fails('track_not_found'));
  });

  it('consumes granted tracks, paused until resumed, and repeats itself', async () => {
    const origins = await alice.publish();
    const grant = await bob.subscribe(alice, origins);
    const [first, parallel] = await Promise.all([bob.consume(grant, 'video'), bob.consume(grant, 'video')]);
    assert.deepEqual(parallel, first);
    assert.deepEqual(await bob.consume(grant, 'video'), first);
    assert.equal(first.producerId, origins.get('video')?.producer);
    assert.equal(first.type, 'simple');
    assert.equal(first.producerPaused, false);
    const audio = await bob.consume(grant, 'audio');
    assert.notEqual(audio.id, first.id);
    await bob.resume(grant);
    await bob.resume(grant);
  });

  it('refuses to consume outside the grant', async () => {
    const origins = await alice.publish();
    const grant = await bob.subscribe(alice, new Map([...origins].filter(([kind]) => kind === 'audio')));
    await assert.rejects(bob.consume(grant, 'video'), fails('grant_missing'), 'a track that is not granted');
    await assert.rejects(alice.consume(grant, 'audio'), fails('grant_missing'), 'somebody else');
    const unknown = { ...grant, id: SubscriptionId.parse('nothing') };
    await assert.rejects(bob.consume(unknown, 'audio'), fails('grant_missing'), 'no such subscription');
    const resume = stage.call(alice.agent, 'resume', { ...alice.stamp, request: { id: grant.id } });
    await assert.rejects(resume, fails('subscription_not_found'));
    const layers = { ...alice.stamp, request: { id: grant.id, spatialLayer: 0 } };
    await assert.rejects(stage.call(alice.agent, 'setLayers', layers), fails('subscription_not_found'));
  });

  it('names the codec that a participant cannot decode', async () => {
    const rtp = () => videoParameters({ codec: 'AV1', payloadType: 45 });
    const origins = await alice.publish({ kinds: ['video'], rtp });
    const grant = await bob.subscribe(alice, origins);
    const codecs =
      bob.access?.rtpCapabilities.codecs?.filter(({ mimeType }) => mimeType !== 'video/AV1') ?? [];
    await assert.rejects(bob.consume(grant, 'video', { codecs }), fails('codec_unsupported', 'AV1'));
    assert.equal((await bob.consume(grant, 'video')).kind, 'video');
  });

  it('names the codec that the server does not take', async () => {
    await alice.grantPublication(alice.publicationGrant());
    const rtp = () => videoParameters({ codec: 'H265', payloadType: 49 });
    await assert.rejects(alice.produce('video', { rtp }), fails('codec_unsupported', 'H265'));
  });

  it('pauses and resumes a publication for everybody, late subscribers included', async () => {
    const origins = await alice.publish();
    const id = alice.names().stream;
    const control = (operation: 'pause' | 'play') =>
      stage.call(alice.agent, 'publication.control', { ...alice.ofOwner, id, operation, data: 'video' });
    await control('pause');
    const grant = await bob.subscribe(alice, origins);
    assert.equal((await bob.consume(grant, 'video')).producerPaused, true);
    assert.equal((await bob.consume(grant, 'audio')).producerPaused, false);
    const paused = (await inventory()).publications[0]?.tracks.map((track) => [track.type, track.paused]);
    assert.deepEqual(paused, [
      ['audio', false],
      ['video', true],
    ]);
    await control('play');
    const late = new Person(stage, 'late');
    await late.open();
    const lateGrant = await late.subscribe(alice, origins);
    assert.equal((await late.consume(lateGrant, 'video')).producerPaused, false);
  });

  it('keeps a pause that came before the producer', async () => {
    await alice.grantPublication(alice.publicationGrant());
    const id = alice.names().stream;
    const pause = { ...alice.ofOwner, id, operation: 'pause' as const, data: 'audio' as const };
    await stage.call(alice.agent, 'publication.control', pause);
    const origin = await alice.origin(await alice.produce('audio'));
    const grant = await bob.subscribe(alice, new Map([['audio' as const, origin]]));
    assert.equal((await bob.consume(grant, 'audio')).producerPaused, true);
  });

  it('pauses, resumes and re-parameterises a subscription', async () => {
    const origins = await alice.publish({
      rtp: (kind) => (kind === 'audio' ? audioParameters() : simulcastParameters()),
    });
    const grant = await bob.watch(alice, origins);
    const control = (operation: object) =>
      stage.call(bob.agent, 'subscription.control', {
        ...bob.ofOwner,
        id: grant.id,
        operation: operation as { type: 'pause'; data: 'av' },
      });
    await control({ type: 'pause', data: 'video' });
    await control({ type: 'play', data: 'av' });
    const parameters = { resolution: { width: 320, height: 180 } };
    await control({ type: 'update', parameters });
    const [subscription] = (await inventory()).subscriptions;
    assert.deepEqual(subscription?.tracks.find(({ type }) => type === 'video')?.parameters, parameters);
  });

  it('moves a subscription to another origin when it is granted again', async () => {
    const origins = await alice.publish({ kinds: ['video'] });
    const grant = await bob.watch(alice, origins);
    const next = await alice.origin(await alice.produce('video'));
    const again = await bob.subscribe(alice, new Map([['video' as const, next]]));
    assert.equal(again.id, grant.id);
    assert.equal((await bob.consume(again, 'video')).producerId, next.producer);
  });

  it('ends consumers silently when the owner ends the stream', async () => {
    const origins = await alice.publish();
    const grant = await bob.watch(alice, origins);
    const id = alice.names().stream;
    await stage.call(alice.agent, 'publication.close', { ...alice.ofOwner, id, reason: 'closed' });
    await assert.rejects(bob.consume(grant, 'video'), fails('track_not_found'));
    await stage.call(alice.agent, 'subscription.close', {
      ...bob.ofOwner,
      id: grant.id,
      reason: 'source_ended',
    });
    assert.deepEqual((await inventory()).subscriptions, []);
    assert.deepEqual(stage.owner.all('sessionsEnded'), []);
  });

  it('keeps the sessions that an owner did not know of in its inventory', async () => {
    const origins = await alice.publish();
    const grant = await bob.watch(alice, origins);
    const { member, role, seats, publications, subscriptions } = await inventory();
    assert.equal(member, alice.agent);
    assert.equal(role, 'access');
    assert.deepEqual(
      seats.map(({ participant, portal }) => [participant, portal]),
      [
        [alice.id, stage.portal.id],
        [bob.id, stage.portal.id],
      ],
    );
    const origin = origins.get('audio');
    const audio = publications[0]?.tracks.find(({ type }) => type === 'audio');
    assert.deepEqual([audio?.producer, audio?.router], [origin?.producer, origin?.router]);
    assert.deepEqual(audio?.format, { codec: 'opus', sampleRate: 48_000, channelNum: 2 });
    assert.deepEqual(subscriptions, [grant]);
  });

  it('tells statistics of own streams and subscriptions only', async () => {
    const origins = await alice.publish();
    const grant = await bob.watch(alice, origins);
    const stats = (person: Person, id: StreamId | SubscriptionId) =>
      stage.call(person.agent, 'getStats', { ...person.stamp, request: { id } });
    assert.ok(Array.isArray((await stats(alice, alice.names().stream)).stats));
    const received = await stats(bob, grant.id);
    const tracks = new Set(received.stats.map((stat) => stat['track']));
    assert.deepEqual(tracks, new Set([alice.names().track('audio'), alice.names().track('video')]));
    await assert.rejects(stats(bob, alice.names().stream), fails('stream_not_found'));
    await assert.rejects(stats(alice, grant.id), fails('stream_not_found'));
  });

  it('refuses to consume what was never produced', async () => {
    const origins = await alice.publish({ kinds: ['audio'] });
    const origin = origins.get('audio');
    assert.ok(origin !== undefined);
    const wrong = new Map([['audio' as const, { ...origin, producer: 'nothing' as typeof origin.producer }]]);
    const grant = await bob.subscribe(alice, wrong);
    await assert.rejects(bob.consume(grant, 'audio'), fails('track_not_found'));
    assert.equal(TrackId.parse(grant.tracks[0]?.id), alice.names().track('audio'));
  });
});
