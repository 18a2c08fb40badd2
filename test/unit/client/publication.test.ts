import assert from 'node:assert/strict';
import { camera, microphone } from './support/fake-media.ts';
import { joined, next } from './support/joined.ts';
import { Refusal } from './support/scripted-server.ts';
import type { ScriptedServer } from './support/scripted-server.ts';

const muteRequests = (server: ScriptedServer): string[] =>
  server.seen('stream-control').map(({ operation, data }) => `${String(operation)} ${String(data)}`);

const told = (server: ScriptedServer, id: string, value: string, by?: string): void => {
  server.tell('stream', { id, status: 'update', data: { field: 'audio.status', value, by } });
};

describe('publishing', () => {
  it('registers the stream and produces its tracks under one id', async () => {
    const { conference, server } = await joined();
    const publication = await conference.publish(
      { audio: microphone(), video: camera() },
      { attributes: { title: 'desk' } },
    );
    const [publish] = server.seen('publish');
    assert.equal(publish?.['id'], publication.id);
    assert.deepEqual(publish['attributes'], { title: 'desk' });
    assert.deepEqual(publish['media'], {
      tracks: [
        { type: 'audio', source: 'mic' },
        {
          type: 'video',
          source: 'camera',
          parameters: { resolution: { width: 1280, height: 720 }, framerate: 30 },
        },
      ],
    });
    assert.deepEqual(
      server
        .seen('produce')
        .map(({ id, track, kind, paused, transportId }) => [id, track, kind, paused, transportId]),
      [
        [publication.id, `${publication.id}-0`, 'audio', false, 'transport-1'],
        [publication.id, `${publication.id}-1`, 'video', false, 'transport-1'],
      ],
    );
    assert.equal(publication.state, 'active');
    assert.equal(conference.publications.get(publication.id), publication);
  });

  it('does not wait for one answer before it prepares the next track', async () => {
    const { conference, server } = await joined();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    server.on('produce', async () => {
      await held;
      return { id: 'p' };
    });
    const published = conference.publish({ audio: microphone(), video: camera() });
    await server.asked('produce', 2);
    release();
    await published;
  });

  it('tries again with the same id what may succeed a moment later', async () => {
    const { conference, server } = await joined();
    server.once('produce', () => new Refusal('worker_lost'));
    server.once('publish', () => new Refusal('rate_limited', { retryAfterMs: 5 }));
    const { id } = await conference.publish({ audio: microphone() });
    assert.ok(server.seen('publish').every((request) => request['id'] === id));
  });

  it('fails for good where the server says so, and leaves nothing behind', async () => {
    const { conference, server } = await joined();
    server.on('publish', () => new Refusal('forbidden', { field: 'media' }));
    await assert.rejects(conference.publish({ audio: microphone() }), { code: 'forbidden', field: 'media' });
    assert.equal(conference.publications.size, 0);
  });

  it('names the codec that cannot be sent', async () => {
    const { conference } = await joined();
    await assert.rejects(conference.publish({ video: camera() }, { video: { codec: 'av1' } }), {
      code: 'codec_unsupported',
      field: 'av1',
    });
  });

  it('refuses to publish nothing', async () => {
    const { conference } = await joined();
    await assert.rejects(conference.publish({}), { code: 'bad_request' });
  });

  it('announces a track that starts muted as muted', async () => {
    const { conference, server } = await joined();
    const track = microphone();
    const publication = await conference.publish({ audio: track }, { muted: { audio: true } });
    assert.equal(track.enabled, false);
    assert.equal(server.seen('produce')[0]?.['paused'], true);
    assert.deepEqual(muteRequests(server), ['pause audio']);
    assert.deepEqual(publication.muted, { audio: true, video: true });
  });

  it('ends for everybody by stopping', async () => {
    const { conference, server } = await joined();
    const track = microphone();
    const publication = await conference.publish({ audio: track });
    const ended = next(publication, 'ended');
    await publication.stop();
    assert.deepEqual(await ended, { reason: 'closed' });
    assert.deepEqual(server.seen('unpublish'), [{ id: publication.id }]);
    assert.equal(track.readyState, 'live', 'the track belongs to the application');
    await assert.rejects(publication.mute('audio'), { code: 'ended' });
  });
});

describe('muting', () => {
  it('stops the track at once and tells the room; twice is once', async () => {
    const { conference, server } = await joined();
    const track = microphone();
    const publication = await conference.publish({ audio: track });
    const muting = publication.mute('audio');
    assert.equal(track.enabled, false);
    await Promise.all([muting, publication.mute('audio')]);
    await publication.unmute('audio');
    assert.equal(track.enabled, true);
    assert.deepEqual(muteRequests(server), ['pause audio', 'play audio']);
  });

  it('ends as wished last, however quickly wishes change', async () => {
    const { conference, server } = await joined();
    const publication = await conference.publish({ audio: microphone() });
    await Promise.all(
      Array.from({ length: 7 }, (_, n) =>
        n % 2 === 0 ? publication.mute('audio') : publication.unmute('audio'),
      ),
    );
    assert.equal(publication.muted.audio, true);
    assert.equal(muteRequests(server).at(-1), 'pause audio');
  });

  it('by a moderator is shown with who did it', async () => {
    const { conference, server } = await joined();
    const track = microphone();
    const publication = await conference.publish({ audio: track });
    server.tell('stream', { id: publication.id, status: 'add', data: ownStream(publication.id, 'active') });
    const muted = next(publication, 'mute');
    told(server, publication.id, 'inactive', 'bob');
    assert.deepEqual(await muted, { kind: 'audio', by: 'bob' });
    assert.equal(track.enabled, false);
    assert.deepEqual(muteRequests(server), []);
    await publication.unmute('audio');
    assert.deepEqual(muteRequests(server), ['play audio']);
  });

  it('is never undone from afar', async () => {
    const { conference, server } = await joined();
    const track = microphone();
    const publication = await conference.publish({ audio: track });
    server.tell('stream', { id: publication.id, status: 'add', data: ownStream(publication.id, 'active') });
    await publication.mute('audio');
    told(server, publication.id, 'inactive', 'me');
    told(server, publication.id, 'active', 'bob');
    await server.asked('stream-control', 2);
    assert.deepEqual(muteRequests(server), ['pause audio', 'pause audio']);
    assert.equal(track.enabled, false);
  });
});

describe('devices', () => {
  it('are exchanged without a word to the server', async () => {
    const { conference, server } = await joined();
    const publication = await conference.publish({ audio: microphone(), video: camera() });
    await publication.mute('video');
    const asked = server.requests.length;
    const other = camera();
    await publication.replaceTrack(other);
    assert.equal(server.requests.length, asked);
    assert.equal(other.enabled, false, 'a muted stream stays muted');
    assert.ok(publication.mediaStream.getTracks().includes(other));
    assert.equal(publication.mediaStream.getTracks().length, 2);
  });

  it('that are unplugged show as muted, the last one ends the stream', async () => {
    const { conference, server } = await joined();
    const [audio, video] = [microphone(), camera()];
    const publication = await conference.publish({ audio, video });
    const ended = next(publication, 'ended');
    video.unplug();
    assert.deepEqual(publication.muted, { audio: false, video: true });
    audio.unplug();
    assert.deepEqual(await ended, { reason: 'track_ended' });
    await server.asked('unpublish');
  });
});

/** Our own stream as the room announces it. */
const ownStream = (id: string, status: string): unknown => ({
  id,
  type: 'forward',
  status: 'active',
  media: {
    tracks: [{ id: `${id}-0`, type: 'audio', status, format: { codec: 'opus' }, optional: { format: [] } }],
  },
  data: false,
  info: { owner: 'me', type: 'webrtc', inViews: [], attributes: {} },
});
