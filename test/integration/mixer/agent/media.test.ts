import assert from 'node:assert/strict';
import { SubscriptionId, TrackId } from '../../../../common/contract/ids.ts';
import type { SubscriptionGrant } from '../../../../common/contract/cluster.ts';
import type { MixState } from '../../../../common/contract/mix.ts';
import type { ProcessSpec } from '../../../../mixer-agent/mix/protocol.ts';
import { eventually } from '../../access/support/metrics.ts';
import { Peer } from '../../access/support/peer.ts';
import { MixerStage } from './support/mixer-stage.ts';
import { inputOf, specOf } from './support/specs.ts';

const flows = ({ inputs }: ProcessSpec) =>
  inputs.length > 0 && inputs.every(({ audio, video }) => audio?.paused === false && video?.paused === false);

describe('mixer agent: media', () => {
  let stage: MixerStage;
  const peers: Peer[] = [];
  beforeEach(async () => {
    stage = await MixerStage.create();
  });
  afterEach(async () => {
    await Promise.all(peers.splice(0).map((peer) => peer.end()));
    await stage.close();
  });

  const join = async (name: string) => {
    const peer = await Peer.join(stage.access, name);
    peers.push(peer);
    return peer;
  };
  /** As an owner grants a mixed stream. */
  const receive = async (peer: Peer, { router, audio, video }: MixState) => {
    const { stream } = specOf({ room: stage.access.room });
    const tracks = [
      { type: 'audio' as const, producer: audio[0]?.producer },
      { type: 'video' as const, producer: video[0]?.producer },
    ];
    const grant: SubscriptionGrant = {
      id: SubscriptionId.parse(`${peer.id}-mix`),
      participant: peer.id,
      tracks: tracks.map(({ type, producer }, index) => ({
        id: TrackId.parse(`${stream}-${index}`),
        stream,
        type,
        paused: false,
        origin: { agent: stage.id, router, producer: producer! },
      })),
    };
    await stage.access.call(peer.agent, 'subscription.open', { ...peer.ofOwner, grant });
    await peer.receive(grant);
  };

  it('brings what somebody sends to the process, and the key frames that it asks for', async () => {
    const alice = await join('alice');
    const origins = await alice.send();
    await stage.apply(specOf({ room: stage.access.room, inputs: [inputOf(alice, origins)] }));
    const spec = await stage.watch.told(0, 'both tracks flow', flows);
    const [input] = spec.inputs;
    assert.equal(input?.audio?.codec, 'opus');
    assert.equal(input.video?.codec, 'vp8');
    const { audio, video } = input;
    const process = await stage.watch.started();
    const count = (of: 'received' | 'keyPictures', ssrc: number | undefined) => process[of][ssrc ?? 0] ?? 0;
    await stage.watch.until(
      'packets of both arrived',
      () => count('received', audio.ssrc) > 20 && count('received', video.ssrc) > 20,
    );
    await stage.watch.until('a key frame arrived', () => count('keyPictures', video.ssrc) > 0);
    assert.deepEqual(Object.keys(process.received).map(Number).sort(), [audio.ssrc, video.ssrc].sort());
    const before = count('keyPictures', video.ssrc);
    for (let round = 0; round < 10; round += 1) {
      stage.watch.order(process.pid, { do: 'askKeyFrame', ssrc: video.ssrc });
    }
    await stage.watch.until('another key frame arrived', () => count('keyPictures', video.ssrc) > before);
  });

  it('lets somebody on another agent receive what the process sends, and passes on that a key frame is wanted', async () => {
    const state = await stage.apply(specOf({ room: stage.access.room }));
    assert.deepEqual(state.formats, {
      audio: { codec: 'opus', sampleRate: 48_000, channelNum: 2 },
      video: { codec: 'vp8' },
    });
    const bob = await join('bob');
    await receive(bob, state);
    const received = async (kind: 'audio' | 'video') => (await bob.received(kind, 'packetsReceived')) > 20;
    await eventually('sound arrives', () => received('audio'));
    await eventually('pictures arrive', () => received('video'));
    const process = await stage.watch.started();
    const [video] = process.spec.outputs.video;
    await stage.watch.until('a key frame was wanted', () => (process.keyFrames[video?.ssrc ?? 0] ?? 0) > 0);
  });

  it('goes on with the same producers after the process was killed, and after it hung', async () => {
    const alice = await join('alice');
    const origins = await alice.send();
    const state = await stage.apply(specOf({ room: stage.access.room, inputs: [inputOf(alice, origins)] }));
    const bob = await join('bob');
    await receive(bob, state);
    const received = () => bob.received('audio', 'packetsReceived');
    await eventually('sound arrives', async () => (await received()) > 10);
    const first = await stage.watch.started();
    const [audio] = first.spec.outputs.audio;
    process.kill(first.pid, 'SIGKILL');
    const second = await stage.watch.started(1);
    assert.notEqual(second.pid, first.pid);
    assert.equal(second.start.positions.find(({ ssrc }) => ssrc === audio?.ssrc)?.ssrc, audio?.ssrc);
    assert.deepEqual(second.spec.outputs, first.spec.outputs);
    const [input] = second.spec.inputs;
    const before = await received();
    await eventually('sound goes on', async () => (await received()) > before + 10);
    await stage.watch.until(
      'a key frame arrived',
      () => (second.keyPictures[input?.video?.ssrc ?? 0] ?? 0) > 0,
    );
    stage.watch.order(second.pid, { do: 'hang' });
    const third = await stage.watch.started(2);
    assert.equal(third.start.port, second.start.port);
    const silent = await received();
    await eventually('sound goes on', async () => (await received()) > silent + 10);
    assert.deepEqual((await stage.inventory()).mixes?.[0]?.state, state);
    assert.deepEqual(stage.access.owner.all('mixEnded'), []);
  });
});
