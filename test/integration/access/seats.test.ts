import assert from 'node:assert/strict';
import { MemberId } from '../../../common/contract/ids.ts';
import { fails } from './support/fails.ts';
import { Person } from './support/person.ts';
import { dtlsParameters } from './support/rtp.ts';
import { Stage } from './support/stage.ts';

const otherDtls = {
  ...dtlsParameters,
  fingerprints: dtlsParameters.fingerprints.map(({ algorithm, value }) => ({
    algorithm,
    value: value.replace('10', 'ff'),
  })),
};

describe('access agent: seats and transports', () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.create(1);
  });
  after(async () => {
    await stage.close();
  });

  it('opens a seat with both transports and gives the same ones again', async () => {
    const alice = new Person(stage, 'alice');
    const [first, parallel] = await Promise.all([alice.open(), alice.open()]);
    const again = await alice.open();
    assert.deepEqual(parallel, first);
    assert.deepEqual(again, first);
    const protocols = first.transports.send?.iceCandidates.map(({ protocol }) => protocol);
    assert.deepEqual(protocols?.sort(), ['tcp', 'udp']);
    assert.notEqual(first.transports.send?.id, first.transports.recv?.id);
  });

  it('opens the transports asked for, one after the other', async () => {
    const person = new Person(stage, 'one-by-one');
    const none = await person.open([]);
    assert.deepEqual(none.transports, {});
    const send = await person.open(['send']);
    assert.deepEqual(Object.keys(send.transports), ['send']);
    const both = await person.open(['recv', 'send']);
    assert.equal(both.transports.send?.id, send.transports.send?.id);
  });

  it('tells the same capabilities everywhere, seated or not', async () => {
    const bob = new Person(stage, 'bob');
    const { rtpCapabilities } = await bob.open();
    const stranger = new Person(stage, 'stranger');
    const answer = await stage.call(bob.agent, 'getRouterRtpCapabilities', {
      ...stranger.stamp,
      request: {},
    });
    assert.deepEqual(answer.rtpCapabilities, rtpCapabilities);
    const types = rtpCapabilities.codecs
      ?.filter(({ mimeType }) => !mimeType.endsWith('rtx'))
      .map(({ mimeType, preferredPayloadType }) => [mimeType, preferredPayloadType]);
    assert.deepEqual(types, [
      ['audio/opus', 111],
      ['video/VP8', 96],
      ['video/VP9', 98],
      ['video/H264', 102],
      ['video/AV1', 45],
    ]);
  });

  it('connects twice with the same DTLS parameters, also at the same time', async () => {
    const carol = new Person(stage, 'carol');
    await carol.open();
    await Promise.all([carol.connect('send'), carol.connect('send')]);
    await carol.connect('send');
  });

  it('refuses to connect with other DTLS parameters, and then gives a fresh transport', async () => {
    const dave = new Person(stage, 'dave');
    const before = await dave.open();
    await dave.connect('send');
    await assert.rejects(dave.connect('send', otherDtls), fails('rtp_invalid', 'dtlsParameters'));
    const after = await dave.open();
    assert.notEqual(after.transports.send?.id, before.transports.send?.id);
    assert.equal(after.transports.recv?.id, before.transports.recv?.id);
    await dave.connect('send', otherDtls);
  });

  it('gives new ICE credentials on request', async () => {
    const erin = new Person(stage, 'erin');
    const access = await erin.open();
    const request = { transportId: erin.transport('send') };
    const answer = await stage.call(erin.agent, 'restartIce', { ...erin.stamp, request });
    assert.notEqual(
      answer.iceParameters.usernameFragment,
      access.transports.send?.iceParameters.usernameFragment,
    );
    const now = await erin.open();
    assert.deepEqual(now.transports.send?.iceParameters, answer.iceParameters);
  });

  it('does not let a participant touch the transport of another', async () => {
    const frank = new Person(stage, 'frank');
    const grace = new Person(stage, 'grace');
    await frank.open();
    await grace.open();
    const request = { transportId: frank.transport('send') };
    const foreign = { ...grace.stamp, request: { ...request, dtlsParameters } };
    await assert.rejects(stage.call(grace.agent, 'connectTransport', foreign), fails('transport_not_found'));
    const restart = { ...grace.stamp, request };
    await assert.rejects(stage.call(grace.agent, 'restartIce', restart), fails('transport_not_found'));
    const stranger = { ...new Person(stage, 'stranger').stamp, request };
    await assert.rejects(stage.call(grace.agent, 'restartIce', stranger), fails('transport_not_found'));
  });

  it('closes everything of a participant, and again without complaint', async () => {
    const heidi = new Person(stage, 'heidi');
    await heidi.open();
    await heidi.publish();
    await heidi.leave();
    await heidi.leave();
    await assert.rejects(heidi.connect('send'), fails('transport_not_found'));
    const inventory = await stage.call(heidi.agent, 'room.inventory', { room: stage.room });
    assert.ok(!inventory.seats.some(({ participant }) => participant === heidi.id));
    assert.ok(!inventory.publications.some(({ participant }) => participant === heidi.id));
  });

  it('refuses an owner that was succeeded, in every call of owners', async () => {
    const ivan = new Person(stage, 'ivan');
    await ivan.open();
    const room = stage.room;
    const newer = { epoch: 2_000, id: MemberId.parse('conference-newer') };
    await stage.call(ivan.agent, 'room.owner', { room, owner: newer });
    const stale = { room, owner: stage.owner.owner };
    const grant = ivan.publicationGrant();
    const { participant, portal } = ivan.stamp;
    const open = { ...stale, participant, portal, transports: [] };
    await assert.rejects(stage.call(ivan.agent, 'participant.open', open), fails('stale_owner'));
    await assert.rejects(ivan.leave(), fails('stale_owner'));
    await assert.rejects(ivan.grantPublication(grant), fails('stale_owner'));
    const close = { ...stale, id: grant.id, reason: 'closed' as const };
    await assert.rejects(stage.call(ivan.agent, 'publication.close', close), fails('stale_owner'));
    await assert.rejects(stage.call(ivan.agent, 'room.owner', stale), fails('stale_owner'));
    const inventory = await stage.call(ivan.agent, 'room.inventory', { room });
    assert.deepEqual(inventory.owner, newer);
    assert.ok(inventory.seats.some(({ participant: seated }) => seated === ivan.id));
  });
});
