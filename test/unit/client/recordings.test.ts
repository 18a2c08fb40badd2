import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Recordings } from '../../../client/sdk/recordings.ts';
import type { RecordingInfo } from '../../../client/sdk/wire.ts';
import { joined, next } from './support/joined.ts';
import { snapshot } from './support/room.ts';
import { Refusal } from './support/scripted-server.ts';

type Info = Record<'id' | 'status', string>;

const info = (id: string, status = 'active'): Info & { streams: string[]; startedAt: number } => ({
  id,
  streams: ['demo-common'],
  startedAt: 1_000,
  status,
});

describe('recordings of a room', () => {
  it('are told to everybody, whoever began them', async () => {
    const { conference, server } = await joined();
    const started = next(conference, 'recordingStarted');
    server.tell('recording', { status: 'started', data: info('r1') });
    const { recording } = await started;
    assert.equal(conference.recordings.get('r1'), recording);
    assert.deepEqual(
      [recording.streams, recording.startedAt, recording.status],
      [['demo-common'], 1_000, 'active'],
    );
    const paused = new Promise((resolve) => recording.once('status', resolve));
    const updated = next(conference, 'recordingUpdated');
    server.tell('recording', { status: 'changed', data: info('r1', 'paused') });
    assert.deepEqual(await updated, { recording });
    assert.deepEqual(await paused, { status: 'paused' });
    const over = new Promise((resolve) => recording.once('ended', resolve));
    const ended = next(conference, 'recordingEnded');
    server.tell('recording', { status: 'ended', id: 'r1', reason: 'quota' });
    assert.deepEqual(await ended, { recording, reason: 'quota' });
    assert.deepEqual(await over, { reason: 'quota' });
    assert.deepEqual([recording.status, recording.reason, conference.recordings.size], ['ended', 'quota', 0]);
  });

  it('that ran before are there when one has joined', async () => {
    const { conference } = await joined((server) => {
      server.recordings = [info('r1', 'paused')];
    });
    assert.equal(conference.recordings.get('r1')?.status, 'paused');
  });

  it('are begun and controlled by requests', async () => {
    const { conference, server } = await joined();
    server.on('start-recording', () => ({ recording: info('r1') }));
    server.on('control-recording', () => ({}));
    const events: string[] = [];
    conference.on('recordingStarted', ({ recording }) => events.push(recording.id));
    const recording = await conference.startRecording({ stream: 'his', container: 'webm' });
    server.tell('recording', { status: 'started', data: info('r1') });
    assert.equal(conference.recordings.get('r1'), recording);
    assert.deepEqual(events, ['r1'], 'once');
    const [asked] = server.seen('start-recording');
    assert.deepEqual([asked?.['stream'], asked?.['container']], ['his', 'webm']);
    assert.match(String(asked?.['requestId']), /^.{8,64}$/);
    await recording.pause();
    await recording.play();
    await recording.stop();
    assert.deepEqual(
      server.seen('control-recording'),
      ['pause', 'play', 'stop'].map((operation) => ({ id: 'r1', operation })),
    );
  });

  it('that end before the answer came are over', async () => {
    const { conference, server } = await joined();
    server.on('start-recording', () => {
      server.tell('recording', { status: 'started', data: info('r1') });
      server.tell('recording', { status: 'ended', id: 'r1', reason: 'failed' });
      return { recording: info('r1') };
    });
    const recording = await conference.startRecording();
    assert.equal(recording.status, 'ended');
    assert.equal(conference.recordings.size, 0);
  });

  it('that may not be begun are refused', async () => {
    const { conference, server } = await joined();
    server.on('start-recording', () => new Refusal('forbidden'));
    await assert.rejects(conference.startRecording(), { code: 'forbidden' });
  });

  it('whose end was missed are over by the snapshot', async () => {
    const { conference, server } = await joined((one) => {
      one.recordings = [info('r1')];
    });
    const ended = next(conference, 'recordingEnded');
    const started = next(conference, 'recordingStarted');
    server.tell('room', { ...snapshot(['me', 'bob']), recordings: [info('r2')] });
    assert.equal((await ended).recording.id, 'r1');
    assert.equal((await started).recording.id, 'r2');
  });

  it('lead to the same by news as by snapshots', () => {
    const ids = ['a', 'b', 'c'];
    const statuses = ['active', 'paused', 'interrupted'];
    const list = fc.uniqueArray(
      fc.record(
        { id: fc.constantFrom(...ids), status: fc.constantFrom(...statuses) },
        { noNullPrototype: true },
      ),
      {
        selector: ({ id }) => id,
      },
    );
    fc.assert(
      fc.property(list, list, (before, after) => {
        const recordings = new Recordings(() => Promise.resolve());
        const wire = (infos: typeof before) =>
          infos.map(({ id, status }) => info(id, status)) as unknown as RecordingInfo[];
        recordings.replace(wire(before));
        const changes = recordings.replace(wire(after));
        const now = [...recordings.running.values()].map(({ id, status }) => ({ id, status }));
        const sort = (infos: readonly { id: string; status: string }[]) =>
          [...infos].sort((a, b) => (a.id < b.id ? -1 : 1));
        assert.deepEqual(sort(now), sort(after));
        const ended = changes.filter(({ name }) => name === 'recordingEnded').length;
        assert.equal(ended, before.filter(({ id }) => !after.some((one) => one.id === id)).length);
        assert.deepEqual(recordings.replace(wire(after)), []);
      }),
    );
  });
});
