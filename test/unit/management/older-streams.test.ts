import assert from 'node:assert/strict';
import { StreamInfo } from '../../../common/contract/media.ts';
import { toStream10, toStream11, toStream12 } from '../../../common/contract/older-streams.ts';
import { mixedFirst } from '../../../management-api/routes/stream-order.ts';
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
const stream = (tracks: unknown[], id = 's1') =>
  StreamInfo.parse({
    ...{ id, type: 'forward', status: 'active', media: { tracks }, data: false },
    info: { owner: 'p1', type: 'webrtc', inViews: ['common'], attributes: {} },
  });
const region = {
  ...{ id: '1', shape: 'rectangle' },
  area: { left: '0/1', top: '0/1', width: '1/1', height: '1/1' },
};
const mixed = StreamInfo.parse({
  ...{ id: 'm', type: 'mixed', status: 'active', data: false },
  media: { tracks: [audio, video].map((track) => ({ ...track, source: 'mixed' })) },
  info: { label: 'common', activeInput: 's1', layout: [{ stream: 's1', region }] },
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

  it('says of mixed streams what they show', () => {
    const old = Stream10.parse(toStream10(mixed));
    const newer = Stream11.parse(toStream11(mixed));
    assert.deepEqual([old.type, old.info], ['mixed', mixed.info]);
    assert.deepEqual([newer.type, newer.info], ['mixed', mixed.info]);
    assert.ok(old.media.video !== false && newer.media.video !== false && old.media.audio !== false);
    assert.deepEqual(newer.media.video.original, [
      { format: old.media.video.format, parameters: old.media.video.parameters },
    ]);
    assert.equal(old.media.audio.source, 'mixed');
  });

  it('keeps from them by what rule a mixed stream is laid out', () => {
    const info = { ...mixed.info, template: 'lecture', follow: true };
    const today = StreamInfo.parse({ ...mixed, info });
    for (const shape of [toStream10, toStream11, toStream12]) {
      assert.deepEqual(shape(today), shape(mixed));
      assert.deepEqual(shape(today).info, mixed.info);
    }
  });

  it('puts mixed streams first and keeps the order of the rest', () => {
    const all = [stream([], 'a'), stream([], 'b'), mixed].map((info) => ({ info }));
    assert.deepEqual(
      mixedFirst(all).map(({ info }) => info.id),
      ['m', 'a', 'b'],
    );
  });
});
