import assert from 'node:assert/strict';
import type { z } from 'zod';
import type { RoomSettings } from '../../../../common/contract/room-settings.ts';
import { rulesOf } from '../../../../conference-agent/management/room-rules.ts';
import { formatOf, routerRtpCapabilities } from '../../../../common/media/codecs.ts';
import { isListed, routerFormats } from '../../../../common/media/formats.ts';
import { storedRoom } from '../../../support/scripted-api.ts';

describe('the rules of a room of the store', () => {
  it('are its settings in the words of the configuration file', () => {
    const roles = [{ role: 'guest', publish: { audio: true }, moderate: true }];
    const stored = storedRoom({
      participantLimit: 7,
      inputLimit: 3,
      roles,
      notifying: { participantActivities: false, streamChange: true },
      views: [{ label: 'stage' }],
      autoMix: true,
      transcoding: { video: { parameters: { framerate: true } } },
    });
    assert.deepEqual(rulesOf(stored, ['ours']), {
      participant_limit: 7,
      input_limit: 3,
      roles,
      notify_participants: false,
      notify_streams: true,
      views: stored.settings.views,
      auto_mix: true,
      auto_record: false,
      variants: { resolution: [], framerate: [6, 12, 15, 24, 30, 48, 60], bitrate: [], keyFrameInterval: [] },
      stored,
      services: ['app', 'ours'],
    });
  });

  it('do not restrict codecs by default', () => {
    assert.equal('formats' in rulesOf(storedRoom(), []), false);
  });

  it('name the codecs of the routers that a room takes, when it does not take all', () => {
    const taken = (mediaIn: z.input<typeof RoomSettings>['mediaIn']) =>
      rulesOf(storedRoom({ mediaIn }), []).formats;
    const some = taken({
      audio: [{ codec: 'opus', sampleRate: 48_000, channelNum: 2 }],
      video: [{ codec: 'h264', profile: 'CB' }, { codec: 'vp8' }, { codec: 'h265' }],
    });
    assert.deepEqual(some, {
      audio: [{ codec: 'opus' }],
      video: [{ codec: 'vp8' }, { codec: 'h264', profile: 'CB' }],
    });
    const none = taken({ audio: [{ codec: 'pcmu' }], video: [{ codec: 'h264', profile: 'H' }] });
    assert.deepEqual(none, { audio: [], video: [] });
    assert.deepEqual(taken({ video: [{ codec: 'h264' }] })?.video, [{ codec: 'h264', profile: 'CB' }]);
  });

  it('know the codecs that the routers really have', () => {
    const codecs = (routerRtpCapabilities.codecs ?? []).filter(({ mimeType }) => !mimeType.endsWith('/rtx'));
    for (const kind of ['audio', 'video'] as const) {
      const real = codecs
        .filter((codec) => codec.kind === kind)
        .map((codec) => formatOf({ codecs: [{ ...codec, payloadType: codec.preferredPayloadType ?? 0 }] }));
      const known = routerFormats[kind];
      assert.equal(real.length, known.length);
      for (const format of real) assert.ok(isListed(format, known), JSON.stringify(format));
    }
  });
});
