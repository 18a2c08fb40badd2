import assert from 'node:assert/strict';
import { StreamUpdate } from '../../../common/contract/client.ts';
import { StreamInfo } from '../../../common/contract/media.ts';
import { updateStream } from '../../../common/room-log/stream-update.ts';

const tracks = (['audio', 'video'] as const).map((type) => ({
  id: `s-${type}`,
  type,
  status: 'active',
  format: { codec: type === 'audio' ? 'opus' : 'vp8' },
  optional: { format: [] },
}));
const forward = StreamInfo.parse({
  ...{ id: 's', type: 'forward', status: 'active', media: { tracks }, data: false },
  info: { owner: 'bob', type: 'webrtc', inViews: [], attributes: {} },
});
const mixed = StreamInfo.parse({
  ...{ id: 'r-common', type: 'mixed', status: 'active', media: { tracks }, data: false },
  info: { label: 'common', activeInput: 'unknown', layout: [] },
});
const area = { left: '0/1', top: '0/1', width: '1/1', height: '1/1' };
const layout = [{ stream: 's', region: { id: '1', shape: 'rectangle', area } }];

/** One update for each field there is. */
const updates = [
  { field: 'audio.status', value: 'inactive' },
  { field: 'status', value: 'interrupted' },
  { field: 'inViews', value: ['common'] },
  { field: 'video.layout', value: layout },
  { field: 'activeInput', value: 's' },
  { field: 'layoutMode', value: { template: 'lecture', follow: true } },
  { field: '.', value: { ...forward, status: 'interrupted' } },
].map((update) => StreamUpdate.parse(update));
const change = (field: StreamUpdate['field']): StreamUpdate =>
  updates.find((update) => update.field === field) ?? assert.fail(field);

describe('an update of a stream', () => {
  it('changes the field that it names and nothing else', () => {
    assert.deepEqual(updateStream(forward, change('status')), { ...forward, status: 'interrupted' });
    assert.deepEqual(updateStream(forward, change('inViews')).info, {
      ...forward.info,
      inViews: ['common'],
    });
    assert.deepEqual(updateStream(mixed, change('video.layout')).info, { ...mixed.info, layout });
    assert.deepEqual(updateStream(mixed, change('activeInput')).info, { ...mixed.info, activeInput: 's' });
    assert.deepEqual(updateStream(mixed, change('layoutMode')).info, {
      ...mixed.info,
      template: 'lecture',
      follow: true,
    });
    const muted = updateStream(forward, change('audio.status'));
    assert.deepEqual(
      muted.media.tracks.map(({ status }) => status),
      ['inactive', 'active'],
    );
    assert.equal(updateStream(forward, change('.')).status, 'interrupted');
  });

  it('leaves what it was applied to as it was', () => {
    for (const stream of [forward, mixed]) {
      const before = structuredClone(stream);
      for (const update of updates) updateStream(stream, update);
      assert.deepEqual(stream, before);
    }
  });

  it('does nothing to a stream of the other kind', () => {
    for (const field of ['video.layout', 'activeInput', 'layoutMode'] as const) {
      assert.equal(updateStream(forward, change(field)), forward);
    }
    assert.equal(updateStream(mixed, change('inViews')), mixed);
  });
});
