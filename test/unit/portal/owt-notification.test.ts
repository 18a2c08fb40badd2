import assert from 'node:assert/strict';
import {
  Notification,
  type NotificationPayload,
  type StreamUpdate,
} from '../../../common/contract/client.ts';
import { ParticipantId, StreamId, TrackId } from '../../../common/contract/ids.ts';
import type { LogEntry } from '../../../common/contract/log.ts';
import { toOwt } from '../../../portal/signalling/owt-notification.ts';
import type { OwtProtocol } from '../../../portal/signalling/owt-stream.ts';

const bob = ParticipantId.parse('bob');
const id = StreamId.parse('s');

/** Every notification there is, by name. */
const samples: Record<string, LogEntry['event'][]> = {
  participant: [
    { name: 'participant', data: { action: 'join', data: { id: bob, user: 'bob', role: 'viewer' } } },
    { name: 'participant', data: { action: 'leave', data: bob, reason: 'dropped' } },
  ],
  stream: [{ name: 'stream', data: { id, status: 'remove', reason: 'agent_lost' } }],
  recording: [{ name: 'recording', data: { status: 'ended', id: 'rec' as never, reason: 'stopped' } }],
  text: [{ name: 'text', data: { from: bob, to: 'me', message: { a: 1 }, id: 'x' } }],
  progress: [
    { name: 'progress', data: { id: 't', sessionId: 's', status: 'ready' } },
    { name: 'progress', data: { id: 't', sessionId: 's', status: 'error', data: 'lost' } },
  ],
  room: [
    { name: 'room', data: { id: 'r' as never, views: [], participants: [], streams: [], recordings: [] } },
  ],
  speaking: [{ name: 'speaking', data: { participants: [bob], dominant: bob } }],
  layers: [{ name: 'layers', data: { id, track: 's-0' as never, maxSpatialLayer: 1 } }],
  quality: [{ name: 'quality', data: { id, track: 's-0' as never, score: 5 } }],
  permission: [{ name: 'permission', data: { permission: {} } }],
  portals: [{ name: 'portals', data: { portals: ['http://a'], move: true } }],
  drop: [{ name: 'drop', data: { reason: 'dropped' } }],
};

describe('notifications of OWT clients', () => {
  it('are translated one by one, none is forgotten', () => {
    const names = Notification.options.map((option) => option.shape.name.value);
    assert.deepEqual(Object.keys(samples).sort(), [...names].sort());
    const known = new Set(['participant', 'stream', 'text', 'progress', 'drop']);
    for (const event of Object.values(samples).flat()) {
      assert.equal(toOwt(event, '1.2')?.name, known.has(event.name) ? event.name : undefined);
    }
  });

  it('carry nothing that OWT does not know', () => {
    const args = Object.values(samples)
      .flat()
      .flatMap((event) => toOwt(event, '1.2')?.args ?? []);
    assert.deepEqual(args, [
      { action: 'join', data: { id: 'bob', user: 'bob', role: 'viewer' } },
      { action: 'leave', data: 'bob' },
      { id: 's', status: 'remove' },
      { from: 'bob', to: 'me', message: { a: 1 } },
      { id: 't', sessionId: 's', status: 'ready' },
      { id: 't', sessionId: 's', status: 'error', data: 'lost' },
    ]);
  });

  it('hold the whole description of a new stream', () => {
    const data = {
      id,
      type: 'forward' as const,
      status: 'active' as const,
      media: { tracks: [] },
      data: false as const,
      info: { owner: bob, type: 'webrtc' as const, inViews: [], attributes: {} },
    };
    assert.deepEqual(toOwt({ name: 'stream', data: { id, status: 'add', data } }, '1.2')?.args, [
      { id, status: 'add', data },
    ]);
  });

  const layout = [
    {
      stream: id,
      region: {
        id: '1',
        shape: 'rectangle' as const,
        area: { left: '0/1', top: '0/1', width: '1/1', height: '1/1' },
      },
    },
  ];
  const mixed = {
    id: StreamId.parse('r-common'),
    type: 'mixed' as const,
    status: 'active' as const,
    media: {
      tracks: [
        {
          id: TrackId.parse('r-common-0'),
          type: 'audio' as const,
          source: 'mixed' as const,
          status: 'active' as const,
          format: { codec: 'opus', sampleRate: 48_000, channelNum: 2 },
          optional: { format: [] },
        },
        {
          id: TrackId.parse('r-common-1'),
          type: 'video' as const,
          source: 'mixed' as const,
          status: 'active' as const,
          format: { codec: 'vp8' },
          parameters: { resolution: { width: 640, height: 480 }, framerate: 24 },
          optional: {
            format: [],
            parameters: { resolution: [], framerate: [6, 12], bitrate: ['x0.8'], keyFrameInterval: [] },
          },
        },
      ],
    },
    data: false as const,
    info: { label: 'common', activeInput: 'unknown', layout },
  };
  const told = (data: NotificationPayload<'stream'>, protocol: OwtProtocol = '1.2') =>
    toOwt({ name: 'stream', data }, protocol)?.args[0] as { data: Record<string, never> } | undefined;

  it('hold the whole description of a mixed stream', () => {
    assert.deepEqual(told({ id: mixed.id, status: 'add', data: mixed })?.data, mixed);
  });

  it('describe streams by kind in the older protocols, also within updates', () => {
    const [{ id: _a, type: _t, ...audio }, { id: _b, type: _u, parameters, format, ...video }] = mixed.media
      .tracks as [(typeof mixed.media.tracks)[0], (typeof mixed.media.tracks)[1]];
    const { info, type } = mixed;
    const old = { id: mixed.id, type, info, media: { audio, video: { ...video, format, parameters } } };
    const newer = { ...old, media: { audio, video: { ...video, original: [{ format, parameters }] } } };
    for (const [protocol, shape] of [['1.0', old] as const, ['1.1', newer] as const]) {
      assert.deepEqual(told({ id: mixed.id, status: 'add', data: mixed }, protocol)?.data, shape);
      const whole = { field: '.' as const, value: mixed };
      assert.deepEqual(told({ id: mixed.id, status: 'update', data: whole }, protocol)?.data, {
        field: '.',
        value: shape,
      });
    }
  });

  it('tell the layout and the active input of a mixed stream, and nothing that OWT has no word for', () => {
    const update = (data: StreamUpdate) => told({ id: mixed.id, status: 'update', data })?.data;
    assert.deepEqual(update({ field: 'video.layout', value: layout }), {
      field: 'video.layout',
      value: layout,
    });
    assert.deepEqual(update({ field: 'activeInput', value: 's' }), { field: 'activeInput', value: 's' });
    assert.deepEqual(update({ field: 'audio.status', value: 'inactive', by: bob }), {
      field: 'audio.status',
      value: 'inactive',
    });
    assert.equal(update({ field: 'inViews', value: ['common'] }), undefined);
    assert.equal(update({ field: 'status', value: 'interrupted' }), undefined);
    assert.equal(update({ field: 'layoutMode', value: { template: 'fluid', follow: false } }), undefined);
  });
});
