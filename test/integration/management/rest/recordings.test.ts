import assert from 'node:assert/strict';
import type { FinishedRecording } from '../../../../common/contract/mixing.ts';
import { EgressId, RoomId } from '../../../../common/contract/ids.ts';
import type { Problem } from '../../../../management-api/schemas/common.ts';
import type { EndedRecording, Recording } from '../../../../management-api/schemas/recordings.ts';
import type { Room } from '../../../../management-api/schemas/rooms.ts';
import type { StreamingOut } from '../../../../management-api/schemas/streaming-outs.ts';
import { useStoppable } from '../../../support/fixture.ts';
import { ScriptedNode, type ScriptedRoom } from './cluster.ts';
import { onBothEngines } from './engines.ts';
import { stream } from './samples.ts';
import { otherService } from './stage.ts';

const replace = (path: string, value: unknown) => ({ op: 'replace', path, value });
const media = { audio: { from: 'board-common' }, video: { from: 'board-common' } };

onBothEngines('management REST: recordings and live streams out', (start) => {
  const stage = useStoppable(async () => {
    const started = await start();
    await started.addOther();
    for (const id of ['board', 'asleep'])
      await started.request('POST', '/v1/rooms', { body: { name: id, id } });
    return started;
  });
  let room: ScriptedRoom;
  beforeEach(async () => {
    room = await stage().agent.own('board', {
      streams: [stream('s1'), stream('voice', ['audio'])].map((info) => ({ info })),
      views: ['common'],
    });
  });
  afterEach(async () => {
    for (const id of [...stage().agent.rooms.keys()]) await stage().agent.disown(id);
  });

  const post = <T>(noun: string, body: unknown, headers: Record<string, string> = {}) =>
    stage().request<T>('POST', `/v1/rooms/board/${noun}`, { body, headers });
  const record = async (body: object = { media }) => {
    const answer = await post<Recording>('recordings', body);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };
  const refusal = async (noun: string, body: unknown) => {
    const { status, body: problem } = await post<Problem>(noun, body);
    return [status, problem.code, problem.field];
  };
  const audit = async () => (await stage().request('GET', '/v1/audit?room=board&limit=500')).text;

  it('begin, are listed and shown in the shape of OWT with our fields, and end', async () => {
    const made = await record();
    assert.match(made.id, /^[0-9a-f]{32}$/);
    assert.deepEqual(made.media, {
      audio: { from: 'board-common', format: { codec: 'opus' }, status: 'active' },
      video: {
        ...{ from: 'board-common', format: { codec: 'vp8' }, status: 'active' },
        parameters: { resolution: { width: 1280, height: 720 }, framerate: 24 },
      },
    });
    assert.deepEqual(made.storage, { host: 'mixer-1', file: `board/${made.id}.mkv` });
    assert.deepEqual([made.status, made.container, made.startedBy], ['connecting', 'auto', { by: 'admin' }]);
    const file = { name: `board/${made.id}.mkv`, part: 1, bytes: 9, durationMs: 40, startedAt: 5 };
    room.egresses.becomes(made.id, { status: 'live', bytes: 9, durationMs: 40, files: [file] });
    for (const version of ['v1', 'v1.1']) {
      const path = `/${version}/rooms/board/recordings`;
      const { body: listed } = await stage().request<Recording[]>('GET', path);
      assert.deepEqual(
        listed.map(({ id, status, bytes, files }) => [id, status, bytes, files]),
        [[made.id, 'live', 9, [file]]],
      );
      assert.deepEqual((await stage().request('GET', `${path}/${made.id}`)).body, listed[0]);
    }
    const other = await stage().request('GET', '/v1/rooms/board/recordings', { as: otherService });
    assert.equal(other.status, 404);
    const gone = await stage().request('DELETE', `/v1/rooms/board/recordings/${made.id}`);
    assert.deepEqual([gone.status, gone.text], [200, '']);
    assert.deepEqual((await stage().request('GET', '/v1/rooms/board/recordings')).body, []);
    const noted = await audit();
    for (const deed of ['recording.start', 'recording.stop']) assert.ok(noted.includes(deed), deed);
  });

  it('take one of sound and picture, with the format, size and rate that is asked for', async () => {
    const parameters = { resolution: { width: 640, height: 360 }, framerate: 15, keyFrameInterval: 2 };
    const video = { from: 's1-1', format: { codec: 'h264' }, parameters: { ...parameters, bitrate: 'x0.5' } };
    assert.deepEqual(await refusal('recordings', { media: { audio: false, video } }), [
      ...[400, 'bad_request'],
      'media.video.parameters.bitrate',
    ]);
    video.parameters.bitrate = 'x0.6';
    const made = await record({ container: 'mp4', media: { audio: false, video } });
    assert.deepEqual([made.media.audio, made.storage.file], [false, `board/${made.id}.mp4`]);
    assert.ok(made.media.video !== false);
    assert.deepEqual(
      [made.media.video.from, made.media.video.format, made.media.video.parameters],
      // OWT 10.2: 640x360 at 15 needs 400 + 38400 / 230400 * 400 kbit/s, VP8 1.2, what moves 0.8, and of that 0.6.
      ['s1', { codec: 'h264' }, { resolution: parameters.resolution, framerate: 15, bitrate: 269 }],
    );
    assert.equal(room.egresses.started[0]?.keyFrameInterval, 2);
    const sound = await record({
      container: 'webm',
      media: { audio: { from: 'voice', format: { codec: 'opus' } }, video: false },
    });
    assert.equal(sound.media.video, false);
    assert.deepEqual(room.egresses.started[1]?.media, {
      audio: { from: 'voice', encode: { codec: 'opus' } },
    });
  });

  it('refuse what cannot be recorded, with the field', async () => {
    const one = { audio: { from: 's1' }, video: false };
    for (const [body, ...wanted] of [
      [{ media: { audio: false, video: false } }, 400, 'bad_request', 'media'],
      [{ media: { audio: { from: 's1' } } }, 400, 'bad_request', 'media.video'],
      [{ container: 'avi', media: one }, 400, 'bad_request', 'container'],
      [{ media: { ...one, audio: { from: 'a b' } } }, 400, 'bad_request', 'media.audio.from'],
      [{ media: { ...one, audio: { from: 'nobody' } } }, 404, 'stream_not_found', 'media.audio.from'],
      [{ media: { audio: false, video: { from: 'voice' } } }, 404, 'stream_not_found', 'media.video.from'],
      [
        { media: { ...one, audio: { from: 's1', format: { codec: 'ilbc' } } } },
        ...([415, 'codec_unsupported', 'media.audio.format.codec'] as const),
      ],
      [
        { media: { audio: false, video: { from: 's1', format: { codec: 'av1' } } } },
        ...([415, 'codec_unsupported', 'media.video.format.codec'] as const),
      ],
    ] as const) {
      assert.deepEqual(await refusal('recordings', body), wanted, JSON.stringify(body));
    }
    const patch = [replace('/media/audio/from', 's1')];
    for (const [method, body] of [['GET'], ['DELETE'], ['PATCH', patch]] as const) {
      for (const noun of ['recordings', 'streaming-outs']) {
        const path = `/v1/rooms/board/${noun}/%01`;
        const answer = await stage().request<Problem>(method, path, body ? { body } : {});
        assert.deepEqual([answer.status, answer.body.code], [404, 'egress_not_found'], `${method} ${noun}`);
      }
    }
  });

  it('change as a patch says, and show it', async () => {
    const { id } = await record({ media: { ...media, video: { from: 's1' } } });
    const patch = (...body: unknown[]) =>
      stage().request<Recording>('PATCH', `/v1/rooms/board/recordings/${id}`, { body });
    const { body } = await patch(
      replace('/media/audio/from', 'voice'),
      replace('/media/video/status', 'inactive'),
      replace('/media/video/parameters/framerate', 12),
      replace('/media/video/parameters/resolution', { width: 320, height: 240 }),
      replace('/media/video/parameters/bitrate', 'x0.4'),
      replace('/media/video/parameters/keyFrameInterval', 5),
    );
    assert.ok(body.media.audio !== false && body.media.video !== false, JSON.stringify(body));
    assert.deepEqual([body.media.audio.from, body.media.video.status], ['voice', 'inactive']);
    assert.deepEqual(room.egresses.changes, [
      { change: 'from', kind: 'audio', from: 'voice' },
      { change: 'status', kind: 'video', status: 'inactive' },
      { change: 'keyFrameInterval', seconds: 5 },
      {
        change: 'encode',
        encode: { framerate: 12, resolution: { width: 320, height: 240 }, bitrate: 62 },
      },
    ]);
    const { id: sound } = await record({ media: { audio: { from: 'voice' }, video: false } });
    const none = await stage().request<Problem>('PATCH', `/v1/rooms/board/recordings/${sound}`, {
      body: [replace('/media/audio/status', 'inactive'), replace('/media/video/from', 's1')],
    });
    assert.deepEqual([none.status, none.body.field], [404, '[1].path']);
    assert.equal((await patch(replace('/media/video/parameters/bitrate', 'x9'))).status, 400);
    assert.equal((await patch()).status, 400);
  });

  it('start a room that does not run, and are made once however often that is asked', async () => {
    stage().agent.asleep.set('asleep', { streams: [], views: ['common'] });
    const body = { media: { audio: { from: 'asleep-common' }, video: false } };
    const path = '/v1/rooms/asleep/recordings';
    assert.deepEqual((await stage().request('GET', path)).body, []);
    const headers = { 'idempotency-key': 'once' };
    const first = await stage().request<Recording>('POST', path, { body, headers });
    assert.equal(first.status, 200, first.text);
    const again = await stage().request<Recording>('POST', path, { body, headers });
    assert.equal(again.text, first.text);
    assert.equal(stage().agent.rooms.get('asleep')?.egresses.started.length, 1);
    // Nobody is inside, and its owner dies: the agent that records brings it back.
    const mixer = await ScriptedNode.start(stage().broker, 'mixer');
    const { egresses } = stage().agent.rooms.get('asleep')!.egresses;
    await mixer.serve(async (_params, { method }) => {
      if (method !== 'room.inventory') return {};
      const [egress] = egresses;
      const { id, state, target, origin, startedAt } = egress!;
      const spec = {
        id,
        room: 'asleep',
        revision: 1,
        part: 1,
        target,
        keyFrameInterval: 5,
        startedAt,
        origin,
      };
      return {
        ...{ member: mixer.membership.id, role: 'mixer', participants: [], seats: [], publications: [] },
        ...{ subscriptions: [], usedTokens: [], egresses: [{ spec: { ...spec, participants: [] }, state }] },
      };
    });
    await mixer.membership.announce();
    await stage().agent.disown('asleep');
    assert.deepEqual((await stage().request('GET', path)).body, [], 'of the new owner, which knows of none');
    assert.ok(stage().agent.rooms.has('asleep'));
    await mixer.close();
  });

  it('that are over are found at all mixer agents, newest first', async () => {
    const finished = (id: string, endedAt: number, names: readonly string[]): FinishedRecording => ({
      ...{
        id: EgressId.parse(id),
        room: RoomId.parse('board'),
        startedAt: endedAt - 9,
        endedAt,
        reason: 'stopped',
      },
      ...{ durationMs: 9 * names.length, bytes: 100 * names.length },
      files: names.map((name) => ({
        ...{ name, part: Number(/part-(\d)/.exec(name)?.[1] ?? 1), bytes: 100, durationMs: 9 },
        ...{ startedAt: endedAt - 9, sha256: 'x' },
      })),
    });
    const shared = finished('r1', 100, ['board/r1.mp4']);
    const lists = [
      [finished('r2', 300, ['board/r2.part-2.mkv']), shared],
      [shared, finished('r2', 200, ['board/r2.mkv']), finished('r3', 250, ['board/r3.ts'])],
    ];
    const mixers = await Promise.all(lists.map(() => ScriptedNode.start(stage().broker, 'mixer')));
    for (const [index, mixer] of mixers.entries()) {
      await mixer.serve(async (_params, { method }) => {
        assert.equal(method, 'recordings.list');
        return { recordings: lists[index] };
      });
      await mixer.membership.announce();
    }
    const path = '/v1/rooms/board/recordings';
    const { body } = await stage().request<EndedRecording[]>('GET', `${path}?ended=true`);
    const [one, two] = mixers.map(({ membership }) => membership.id);
    assert.deepEqual(
      body.map(({ id, bytes, durationMs, files, storage }) => [
        id,
        bytes,
        durationMs,
        files.length,
        storage.file,
      ]),
      [
        ['r2', 200, 18, 2, 'board/r2.part-2.mkv'],
        ['r3', 100, 9, 1, 'board/r3.ts'],
        ['r1', 100, 9, 1, 'board/r1.mp4'],
      ],
    );
    assert.deepEqual(
      body.map(({ files }) => files.map(({ agents }) => agents.toSorted())),
      [[[two], [one]], [[two]], [[one, two].toSorted()]],
    );
    assert.deepEqual([body[0]?.startedAt, body[0]?.endedAt, body[0]?.status], [191, 300, 'ended']);
    const limited = await stage().request<EndedRecording[]>('GET', `${path}?ended=true&limit=1`);
    assert.deepEqual(
      limited.body.map(({ id }) => id),
      ['r2'],
    );
    assert.equal((await stage().request<EndedRecording>('GET', `${path}/r3`)).body.reason, 'stopped');
    assert.equal((await stage().request('GET', `${path}?ended=maybe`)).status, 400);
    for (const mixer of mixers) await mixer.close();
  });

  it('go out to URLs whose protocol is guessed, and show none of their secrets', async () => {
    const url = 'rtmp://ann:secret@live.example/app/stream-key';
    const { body, status, text } = await post<StreamingOut>('streaming-outs', { url, media });
    assert.equal(status, 200, text);
    assert.deepEqual([body.url, body.protocol], ['rtmp://***@live.example/app/***', 'rtmp']);
    assert.deepEqual(room.egresses.started[0]?.target, { type: 'live', protocol: 'rtmp', url });
    const message = `Connection to ${url} refused, key stream-key, password secret`;
    room.egresses.becomes(body.id, { status: 'retrying', error: { code: 'source_failed', message } });
    const path = `/v1.1/rooms/board/streaming-outs`;
    const { body: listed, text: list } = await stage().request<StreamingOut[]>('GET', path);
    assert.equal(listed[0]?.status, 'retrying');
    assert.match(listed[0].error?.message ?? '', /^Connection to rtmp:.* refused/);
    const shown = await stage().request('GET', `${path}/${body.id}`);
    for (const said of [text, list, shown.text, await audit()])
      assert.doesNotMatch(said, /secret|stream-key/);
    const patched = await stage().request('PATCH', `${path}/${body.id}`, {
      body: [replace('/media/audio/status', 'inactive')],
    });
    assert.doesNotMatch(patched.text, /secret|stream-key/);
    assert.equal((await stage().request('DELETE', `/v1/rooms/board/recordings/${body.id}`)).status, 404);
    assert.equal((await stage().request('DELETE', `${path}/${body.id}`)).status, 200);
  });

  it('have targets of all protocols with the defaults of OWT', async () => {
    const segments = { segmentDuration: 2, segments: 5 };
    for (const [body, target] of [
      [{ url: 'rtsp://h/x' }, { protocol: 'rtsp', url: 'rtsp://h/x' }],
      [{ url: 'srt://h:9000?streamid=a' }, { protocol: 'srt', url: 'srt://h:9000?streamid=a' }],
      [{ url: 'http://h/x.m3u8' }, { protocol: 'hls', url: 'http://h/x.m3u8', method: 'PUT', ...segments }],
      [
        { url: 'https://h/x.mpd?a' },
        { protocol: 'dash', url: 'https://h/x.mpd?a', method: 'PUT', ...segments },
      ],
      [
        { url: 'https://h/x', protocol: 'hls', parameters: { method: 'POST', hlsTime: 4, hlsListSize: 0 } },
        { protocol: 'hls', url: 'https://h/x', method: 'POST', segmentDuration: 4, segments: 0 },
      ],
      [
        { protocol: 'dash', parameters: { dashSegDuration: 1, dashWindowSize: 9 } },
        { protocol: 'dash', segmentDuration: 1, segments: 9 },
      ],
      [{ protocol: 'hls' }, { protocol: 'hls', ...segments }],
    ] as const) {
      const answer = await post<StreamingOut>('streaming-outs', { ...body, media });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(room.egresses.started.at(-1)?.target, { type: 'live', ...target });
      if (!('url' in body)) assert.equal(answer.body.url, 'http://127.0.0.1:8090/x/index.m3u8');
    }
    for (const [body, field] of [
      [{}, 'url'],
      [{ protocol: 'srt' }, 'url'],
      [{ url: 'here' }, 'url'],
      [{ url: 'rtmp:///x' }, 'url'],
      [{ url: 'ftp://h/x' }, 'protocol'],
      [{ url: 'https://h/x' }, 'protocol'],
      [{ url: 'https://h/x', protocol: 'rtmp' }, 'url'],
      [{ url: 'rtmp://h/x', parameters: { hlsTime: 2 } }, 'parameters.hlsTime'],
      [{ url: 'https://h/x.m3u8', parameters: { dashWindowSize: 2 } }, 'parameters.dashWindowSize'],
      [{ protocol: 'hls', parameters: { method: 'PUT' } }, 'parameters.method'],
      [{ protocol: 'hls', parameters: { hlsTime: 0 } }, 'parameters.hlsTime'],
    ] as const) {
      const expected = [400, 'bad_request', field];
      assert.deepEqual(await refusal('streaming-outs', { ...body, media }), expected, JSON.stringify(body));
    }
  });

  it('begin by themselves when the room says so', async () => {
    const put = (body: unknown) => stage().request<Room & Problem>('PUT', '/v1/rooms/board', { body });
    const set = await put({ autoRecord: { view: 'common' } });
    assert.deepEqual(set.body.autoRecord, { view: 'common', container: 'auto' });
    assert.deepEqual((await put({ autoRecord: false })).body.autoRecord, false);
    for (const [body, field] of [
      [{ autoRecord: { view: 'attic' } }, 'autoRecord.view'],
      [{ autoRecord: {}, views: [] }, 'autoRecord'],
      [{ autoRecord: true }, 'autoRecord'],
    ] as const) {
      const answer = await put(body);
      assert.deepEqual([answer.status, answer.body.field], [400, field], answer.text);
    }
  });

  it('and streams in have no route that is not offered', async () => {
    const routes = stage().routes.filter(
      ({ url, method }) => /\/:room\/(recordings|streaming-)/.test(url) && method !== 'OPTIONS',
    );
    assert.ok(routes.length >= 40, String(routes.length));
    const bodies: Record<string, unknown> = {
      'POST recordings': { media },
      'POST streaming-outs': { protocol: 'hls', media },
      'POST streaming-ins': { connection: { url: 'rtsp://h/x' }, media: { audio: 'auto', video: true } },
      PATCH: [replace('/media/audio/from', 's1')],
    };
    for (const { method, url } of routes) {
      const noun = /recordings|streaming-outs|streaming-ins/.exec(url)![0];
      const path = url.replace(':room', 'board').replace(/:\w+/, 'x');
      const body = bodies[method] ?? bodies[`${method} ${noun}`];
      const answer = await stage().request(method, path, body === undefined ? {} : { body });
      assert.ok(answer.status < 500, `${method} ${path}: ${answer.status}`);
    }
  });
});
