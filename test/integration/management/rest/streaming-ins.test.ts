import assert from 'node:assert/strict';
import type { Problem } from '../../../../management-api/schemas/common.ts';
import type { StreamingIn11 } from '../../../../management-api/schemas/streaming-ins.ts';
import type { Stream10, Stream11 } from '../../../../management-api/schemas/streams.ts';
import { useStoppable } from '../../../support/fixture.ts';
import type { ScriptedRoom } from './cluster.ts';
import { Stage } from './stage.ts';

const url = 'rtsp://ann:secret@camera.example/live?token=hidden';
const masked = 'rtsp://***@camera.example/live?token=***';

describe('management REST: streams in', () => {
  const stage = useStoppable(async () => {
    const started = await Stage.start();
    await started.request('POST', '/v1/rooms', { body: { name: 'board', id: 'board' } });
    return started;
  });
  let room: ScriptedRoom;
  beforeEach(async () => {
    room = await stage().agent.own('board');
  });
  afterEach(() => stage().agent.disown('board'));

  const path = (version: string, ...more: string[]) =>
    [`/${version}/rooms/board/streaming-ins`, ...more].join('/');
  const fetchIn = <T = Stream11>(connection: object = {}, rest: object = {}, version = 'v1.1') =>
    stage().request<T & Problem>('POST', path(version), {
      body: { connection: { url, ...connection }, media: { audio: 'auto', video: true }, ...rest },
    });

  it('become streams, in the shapes of both versions, are listed and end', async () => {
    const { body: older } = await fetchIn<Stream10>({}, { attributes: { name: 'door' } }, 'v1');
    assert.deepEqual(older.info, {
      ...{ owner: 'admin', type: 'streaming', inViews: [], attributes: { name: 'door' } },
    });
    assert.ok(older.media.video !== false && older.media.video.format.codec === 'vp8');
    const { body: newer } = await fetchIn();
    assert.ok(newer.media.video !== false && newer.media.video.original.length === 1);
    const { body: listed, text } = await stage().request<StreamingIn11[]>('GET', path('v1.1'));
    assert.deepEqual(
      listed.map(({ id, status, url: shown, stream }) => [id, status, shown, stream?.id]),
      [older.id, newer.id].map((id) => [id, 'live', masked, id]),
    );
    const one = await stage().request<StreamingIn11>('GET', path('v1.1', newer.id));
    assert.deepEqual(one.body, listed[1]);
    const audit = await stage().request('GET', '/v1/audit?room=board');
    for (const said of [text, one.text, audit.text]) assert.doesNotMatch(said, /secret|hidden/);
    assert.equal((await stage().request('DELETE', path('v1', newer.id))).status, 200);
    assert.equal((await stage().request('DELETE', path('v1', newer.id))).status, 404);
    assert.equal(room.egresses.ingresses.length, 1);
  });

  it('are told to the agent as asked, with the defaults of OWT', async () => {
    await fetchIn();
    await fetchIn({ url: 'file:///srv/media/a.mp4', loop: true, transportProtocol: 'udp', bufferSize: 9 });
    assert.deepEqual(
      room.egresses.fetched.map(({ stream: _stream, ...spec }) => spec),
      [
        {
          url,
          transportProtocol: 'tcp',
          bufferSize: 8_192,
          loop: false,
          audio: 'auto',
          video: true,
          attributes: {},
        },
        {
          ...{ url: 'file:///srv/media/a.mp4', transportProtocol: 'udp', bufferSize: 9, loop: true },
          ...{ audio: 'auto', video: true, attributes: {} },
        },
      ],
    );
  });

  it('that send nothing leave nothing behind, and say why without their secrets', async () => {
    room.egresses.source = { error: `${url}: 401 Unauthorized for secret` };
    const answer = await fetchIn();
    assert.deepEqual(
      [answer.status, answer.body.code, answer.body.field, answer.body.error.code],
      [502, 'source_failed', 'connection.url', 1301],
    );
    assert.match(answer.body.detail, /the source cannot be fetched: rtsp:.*401 Unauthorized/);
    assert.doesNotMatch(answer.text, /secret|hidden/);
    assert.deepEqual((await stage().request('GET', path('v1'))).body, []);
  });

  it('are refused with the field when nothing could be fetched', async () => {
    for (const [connection, rest, field] of [
      [{ url: 'gopher://x' }, {}, 'connection.url'],
      [{ url: 'camera' }, {}, 'connection.url'],
      [{ url: 'rtsp:///x' }, {}, 'connection.url'],
      [{ url: 'rtsp://private.example/x' }, {}, 'connection.url'],
      [{ speed: 1 }, {}, 'connection.speed'],
      [{ transportProtocol: 'sctp' }, {}, 'connection.transportProtocol'],
      [{}, { media: { audio: false, video: false } }, 'media'],
      [{}, { media: { audio: 'maybe', video: false } }, 'media.audio'],
      [{}, { attributes: { a: {} } }, 'attributes.a'],
    ] as const) {
      const answer = await fetchIn(connection, rest);
      assert.deepEqual([answer.status, answer.body.field], [400, field], answer.text);
    }
  });
});
