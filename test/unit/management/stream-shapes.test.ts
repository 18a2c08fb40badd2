import assert from 'node:assert/strict';
import { StreamInfo } from '../../../common/contract/media.ts';
import { mixedFirst, toStream10, toStream11 } from '../../../management-api/routes/stream-shapes.ts';
import { Stream10, Stream11 } from '../../../management-api/schemas/streams.ts';

const audio = {
  id: 's1-0',
  type: 'audio',
  source: 'mic',
  status: 'active',
  format: { codec: 'opus' },
  optional: { format: [{ codec: 'pcmu' }] },
};
const video = {
  ...{ id: 's1-1', type: 'video', source: 'camera', status: 'inactive', format: { codec: 'vp8' } },
  parameters: { resolution: { width: 640, height: 480 }, framerate: 30 },
  optional: { format: [] },
};
const stream = (tracks: unknown[], more: object = {}) =>
  StreamInfo.parse({
    ...{ id: 's1', type: 'forward', status: 'active', media: { tracks }, data: false },
    info: { owner: 'p1', type: 'webrtc', inViews: [], attributes: {} },
    ...more,
  });

describe('streams as older protocols show them', () => {
  it('has one format of the picture in 1.0, and a list in 1.1', () => {
    const both = stream([audio, video]);
    const old = Stream10.parse(toStream10(both));
    assert.deepEqual(old.media.audio, {
      status: 'active',
      source: 'mic',
      format: { codec: 'opus' },
      optional: { format: [{ codec: 'pcmu' }] },
    });
    assert.deepEqual(old.media.video, {
      ...{ status: 'inactive', source: 'camera', format: { codec: 'vp8' }, optional: { format: [] } },
      parameters: { resolution: { width: 640, height: 480 }, framerate: 30 },
    });
    const newer = Stream11.parse(toStream11(both));
    assert.deepEqual(newer.media.video, {
      ...{ status: 'inactive', source: 'camera', optional: { format: [] } },
      original: [
        {
          format: { codec: 'vp8' },
          parameters: { resolution: { width: 640, height: 480 }, framerate: 30 },
        },
      ],
    });
    assert.deepEqual(old.info, both.info);
  });

  it('says false for a kind that is not there', () => {
    assert.equal(toStream10(stream([audio])).media.video, false);
    assert.equal(toStream11(stream([audio])).media.video, false);
    assert.equal(toStream11(stream([video])).media.audio, false);
  });

  it('puts mixed streams first and keeps the order of the rest', () => {
    const all = ['a', 'b', 'm'].map((id) => ({
      info: stream([], { id, type: id === 'm' ? 'mixed' : 'forward' }),
    }));
    assert.deepEqual(
      mixedFirst(all).map(({ info }) => info.id),
      ['m', 'a', 'b'],
    );
  });
});
