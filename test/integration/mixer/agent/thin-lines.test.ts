import assert from 'node:assert/strict';
import type { SubscriptionGrant } from '../../../../common/contract/cluster.ts';
import { SubscriptionId, TrackId } from '../../../../common/contract/ids.ts';
import type { MixState } from '../../../../common/contract/mix.ts';
import type { LowFeed, ProcessSpec } from '../../../../mixer-agent/mix/protocol.ts';
import { eventually } from '../../access/support/metrics.ts';
import { Peer } from '../../access/support/peer.ts';
import { MixerStage } from './support/mixer-stage.ts';
import { specOf } from './support/specs.ts';

const lowOf = ({ outputs }: ProcessSpec): LowFeed | undefined => outputs.video[0]?.low;

describe('mixer agent: thin lines', function () {
  this.timeout(40_000);
  let stage: MixerStage;
  let peer: Peer;
  beforeEach(async () => {
    stage = await MixerStage.create();
    peer = await Peer.join(stage.access, 'alice');
  });
  afterEach(async () => {
    await peer.end();
    await stage.close();
  });

  /** As an owner grants the picture of a mixed stream. */
  const receive = async ({ router, video }: MixState): Promise<void> => {
    const { stream } = specOf({ room: stage.access.room });
    const [output] = video;
    assert.ok(output !== undefined);
    const origin = { agent: stage.id, router, producer: output.producer };
    const track = { id: TrackId.parse(`${stream}-1`), stream, type: 'video' as const, paused: false, origin };
    const id = SubscriptionId.parse('alice-mix');
    const grant: SubscriptionGrant = { id, participant: peer.id, tracks: [track] };
    await stage.access.call(peer.agent, 'subscription.open', { ...peer.ofOwner, grant });
    await peer.receive(grant);
  };

  it('has a smaller encoding made while an edge wants it, and no longer', async () => {
    const router = (await peer.send(['video'])).get('video')?.router;
    const state = await stage.apply(specOf({ room: stage.access.room }));
    const [output] = state.video;
    assert.ok(router !== undefined && output !== undefined);
    await receive(state);
    const shown = await stage.watch.told(0, 'it is shown to the router', (spec) => lowOf(spec)?.shows === 1);
    const { ssrc, ...low } = lowOf(shown) ?? { ssrc: 0 };
    assert.deepEqual(low, {
      resolution: { width: 640, height: 360 },
      framerate: 24,
      bitrate: 375,
      active: false,
      shows: 1,
    });
    assert.notEqual(ssrc, shown.outputs.video[0]?.ssrc);
    await eventually('packets arrive', async () => (await peer.received('video', 'packetsReceived')) > 20);

    const wish = (wanted: boolean) =>
      stage.access.call(stage.id, 'pipe.layers', {
        room: stage.access.room,
        origin: state.router,
        edge: { agent: peer.agent, router },
        producer: output.producer,
        maxSpatialLayer: 1,
        low: wanted,
      });
    await wish(true);
    await stage.watch.told(0, 'it is made', (spec) => lowOf(spec)?.active === true);
    await wish(false);
    const { revision } = await stage.watch.told(0, 'it is made', (spec) => lowOf(spec)?.active === true);
    await stage.watch.told(0, 'it ends', (spec) => spec.revision > revision && lowOf(spec)?.active === false);
  });

  it('has none for outputs of other sizes', async () => {
    const spec = specOf({ room: stage.access.room, video: ['main', '640x360'] });
    await stage.apply(spec);
    const { outputs } = await stage.watch.told(0, 'both outputs', (told) => told.outputs.video.length === 2);
    assert.deepEqual(
      outputs.video.map(({ low }) => low !== undefined),
      [true, false],
    );
  });
});
