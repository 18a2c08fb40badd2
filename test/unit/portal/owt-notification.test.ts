import assert from 'node:assert/strict';
import { Notification } from '../../../common/contract/client.ts';
import { ParticipantId, StreamId } from '../../../common/contract/ids.ts';
import type { LogEntry } from '../../../common/contract/log.ts';
import { toOwt } from '../../../portal/signalling/owt-notification.ts';

const bob = ParticipantId.parse('bob');
const id = StreamId.parse('s');

/** Every notification there is, by name. */
const samples: Record<string, LogEntry['event'][]> = {
  participant: [
    { name: 'participant', data: { action: 'join', data: { id: bob, user: 'bob', role: 'viewer' } } },
    { name: 'participant', data: { action: 'leave', data: bob, reason: 'dropped' } },
  ],
  stream: [{ name: 'stream', data: { id, status: 'remove', reason: 'agent_lost' } }],
  text: [{ name: 'text', data: { from: bob, to: 'me', message: { a: 1 }, id: 'x' } }],
  progress: [
    { name: 'progress', data: { id: 't', sessionId: 's', status: 'ready' } },
    { name: 'progress', data: { id: 't', sessionId: 's', status: 'error', data: 'lost' } },
  ],
  room: [{ name: 'room', data: { id: 'r' as never, views: [], participants: [], streams: [] } }],
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
      assert.equal(toOwt(event)?.name, known.has(event.name) ? event.name : undefined);
    }
  });

  it('carry nothing that OWT does not know', () => {
    const args = Object.values(samples)
      .flat()
      .flatMap((event) => toOwt(event)?.args ?? []);
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
    assert.deepEqual(toOwt({ name: 'stream', data: { id, status: 'add', data } })?.args, [
      { id, status: 'add', data },
    ]);
  });
});
