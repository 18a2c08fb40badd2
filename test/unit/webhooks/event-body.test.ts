import assert from 'node:assert/strict';
import { EgressId, RoomId } from '../../../common/contract/ids.ts';
import type { ManagedEgress, RoomEvent } from '../../../common/contract/management.ts';
import { eventBody, readEventBody } from '../../../management-api/webhooks/event-body.ts';

const id = EgressId.parse('e1');
const url = 'rtmp://live.example/app/stream-key';

const egress = (target: ManagedEgress['target'], error?: string): ManagedEgress => ({
  ...{ id, startedAt: 1, origin: { by: 'admin' }, target },
  state: {
    ...{ id, revision: 1, part: 1, status: 'live', durationMs: 5, bytes: 6, bitrate: 7, dropped: 0 },
    ...{ reconnects: 0, files: [] },
    ...(error === undefined ? {} : { error: { code: 'far_end', message: error } }),
  },
});

const recording = egress({ type: 'recording', container: 'mkv' });
const live = egress({ type: 'live', protocol: 'rtmp', url }, `${url}: broken pipe, stream-key`);

const body = (event: RoomEvent): string =>
  eventBody({ event, at: 1_000, id: 'x', room: RoomId.parse('board'), service: 'app' });

describe('bodies of webhooks about recordings and live streams', () => {
  it('carry what is recorded and why it ended, and can be read again', () => {
    const events: RoomEvent[] = [
      { type: 'recording_started', egress: recording },
      { type: 'recording_ended', egress: recording, reason: 'quota' },
      { type: 'recording_ready', egress: recording, reason: 'quota' },
    ];
    for (const event of events) {
      const { type, ...data } = event;
      const at = '1970-01-01T00:00:01.000Z';
      assert.deepEqual(readEventBody(body(event)), {
        id: 'x',
        type,
        at,
        room: 'board',
        service: 'app',
        data,
      });
    }
  });

  it('hide the secrets of URLs, also in what went wrong', () => {
    const events: RoomEvent[] = [
      { type: 'live_started', egress: live },
      { type: 'live_changed', egress: live },
      { type: 'live_ended', egress: live, reason: 'failed' },
    ];
    for (const event of events) {
      const text = body(event);
      assert.doesNotMatch(text, /stream-key/);
      const read = readEventBody(text);
      assert.ok('egress' in read.data && read.data.egress.target.type === 'live');
      assert.equal(read.data.egress.target.url, 'rtmp://live.example/app/***');
      assert.equal(read.data.egress.state.error?.message, 'rtmp://live.example/app/***: broken pipe, ***');
    }
  });
});
