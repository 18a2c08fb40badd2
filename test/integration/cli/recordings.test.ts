import assert from 'node:assert/strict';
import { RoomId, EgressId } from '../../../common/contract/ids.ts';
import type { FinishedRecording } from '../../../common/contract/mixing.ts';
import { recordingSpec } from '../../support/recording-specs.ts';
import { useStoppable } from '../../support/fixture.ts';
import { portico } from '../../support/portico-command.ts';
import { ScriptedNode, type ScriptedRoom } from '../management/rest/cluster.ts';
import { stream } from '../management/rest/samples.ts';
import { Stage, superService } from '../management/rest/stage.ts';

describe('the command line and recordings, live streams and fetched streams', function () {
  this.timeout(30_000);
  const stage = useStoppable(() => Stage.start());
  let room: ScriptedRoom;
  beforeEach(async () => {
    room = await stage().agent.own('demo', {
      streams: [stream('s1'), stream('voice', ['audio'])].map((info) => ({ info })),
      views: ['common', 'wall'],
    });
  });
  afterEach(() => stage().agent.disown('demo'));

  const run = (...words: string[]) =>
    portico(words, {
      PORTICO_URL: stage().url,
      PORTICO_SERVICE: superService.id,
      PORTICO_KEY: superService.key,
    });
  const says = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await run(...words);
    assert.equal(code, 0, err);
    return out;
  };
  const fails = async (...words: string[]): Promise<[code: number, err: string]> => {
    const { code, err } = await run(...words);
    return [code, err];
  };
  const asked = () => room.egresses.started.at(-1);

  it('records the view when nothing else is named, lists, pauses, changes and stops it', async () => {
    assert.match(await says('record', 'list', 'demo'), /^Nothing is being recorded/);
    const started = await says('record', 'start', 'demo', '--container', 'mp4');
    const id = /recording +([0-9a-f]{32})/.exec(started)?.[1] ?? '';
    assert.match(started, /records +demo-common\nfile +demo\/[0-9a-f]+\.mp4\nagent +mixer-1/);
    assert.deepEqual(asked()?.media, { audio: { from: 'demo-common' }, video: { from: 'demo-common' } });
    room.egresses.becomes(id, { status: 'live', durationMs: 3_725_000, bytes: 12_345_678, bitrate: 950_400 });
    const list = await says('record', 'list', 'demo');
    assert.match(list, /^ID +STATUS +RECORDS +LENGTH +SIZE +RATE +FILE +AGENT\n/);
    assert.match(list, new RegExp(`${id} +live +demo-common +1:02:05 +12.3 MB +950 kbit/s`));
    assert.match(await says('record', 'pause', 'demo', '--kind', 'video'), /video demo-common \(paused\)/);
    assert.match(await says('record', 'play', 'demo', id), /records +demo-common\n/);
    await says('record', 'change', 'demo', '--audio', 'voice', '--framerate', '15', '--bitrate', 'x0.8');
    assert.deepEqual(
      room.egresses.changes.slice(-2).map(({ change }) => change),
      ['from', 'encode'],
    );
    assert.equal(await says('record', 'stop', 'demo'), `Recording ${id} has ended.`);
    assert.deepEqual(room.egresses.egresses, []);
  });

  it('records single streams, and says what is in the way', async () => {
    await says('record', 'start', 'demo', '--audio', 'voice');
    assert.deepEqual(asked()?.media, { audio: { from: 'voice' } });
    await says('record', 'start', 'demo', '--view', 'wall', '--audio', 'voice', '--resolution', '640x360');
    assert.deepEqual(asked()?.media, {
      audio: { from: 'voice' },
      video: { from: 'demo-wall', encode: { resolution: { width: 640, height: 360 } } },
    });
    await says('record', 'start', 'demo', '--no-audio');
    assert.deepEqual(asked()?.media, { video: { from: 'demo-common' } });
    const [code, err] = await fails('record', 'stop', 'demo');
    assert.equal(code, 1);
    assert.match(err, /Several run in room 'demo'; name one:\n +[0-9a-f]{32} +audio voice\n/);
    for (const [words, expected, hint] of [
      [['start', 'demo', '--video', 'nobody'], 1, /media\.video\.from: the room has no stream 'nobody'/],
      [['start', 'demo', '--no-audio', '--no-video'], 1, /media: .*either audio or video/],
      [['start', 'demo', '--no-video', '--framerate', '15'], 2, /none is taken/],
      [['start', 'demo', '--resolution', 'big'], 2, /Give a size/],
      [['start', 'demo', '--container', 'avi'], 2, /Allowed choices are auto, mp4/],
      [['change', 'demo'], 2, /Say what is to change/],
      [['change', 'demo', '--no-audio'], 2, /pause --kind/],
      [['change', 'demo', 'x', '--view', 'wall'], 1, /Recording not found/],
      [['stop', 'demo', 'x'], 1, /Recording not found/],
      [['stop', 'nowhere'], 1, /No recording runs in room 'nowhere'/],
    ] as const) {
      const [status, text] = await fails('record', ...words);
      assert.deepEqual([status, hint.test(text)], [expected, true], `${words.join(' ')}: ${text}`);
    }
  });

  it('lists recordings that are over with all their files', async () => {
    const file = (name: string) => ({ name, part: 1, bytes: 5_000_000, durationMs: 60_000, startedAt: 0 });
    const recording: FinishedRecording = {
      ...{ id: EgressId.parse('r1'), room: RoomId.parse('demo'), startedAt: 0, endedAt: 60_000 },
      ...{ reason: 'stopped', durationMs: 60_000, bytes: 10_000_000 },
      files: [file('demo/r1.mp4'), { ...file('demo/r1.part-2.mp4'), part: 2, uploaded: 's3://meetings/r1' }],
    };
    const mixer = await ScriptedNode.start(stage().broker, 'mixer');
    const spec = recordingSpec('r2', { room: 'demo' });
    const progress = {
      bitrate: 0,
      dropped: 0,
      reconnects: 0,
      durationMs: 61_000,
      bytes: 2_000_000,
      files: [],
    };
    const state = { id: 'r2', revision: 1, part: 1, status: 'finalising', ...progress };
    await mixer.serve(async (params, { method }) => {
      if (method === 'recordings.list') return { recordings: [recording] };
      const { id } = params as { id: string };
      return { recording: id === 'r2' ? { spec, state, held: true } : null };
    });
    await mixer.membership.announce();
    const out = await says('record', 'list', 'demo', '--ended');
    assert.match(out, /r1 +19\d\d-[^ ]+ [^ ]+ +1:00 +10.0 MB +stopped +demo\/r1.mp4 +mixer-/);
    assert.match(out, /\n +demo\/r1.part-2.mp4 +s3:\/\/meetings\/r1$/);
    const json = JSON.parse(await says('record', 'list', 'demo', '--ended', '--json')) as { id: string }[];
    assert.deepEqual(
      json.map(({ id }) => id),
      ['r1'],
    );
    assert.match(await says('record', 'show', 'demo', 'r1'), /r1 .* stopped +demo\/r1.mp4/);
    assert.match(await says('record', 'show', 'demo', 'r2'), /status +finalising\n.*length +1:01/s);
    assert.match((await fails('record', 'show', 'demo', 'r3'))[1], /Recording not found/);
    await mixer.close();
  });

  it('sends live streams to URLs and has them served, without a word of their secrets', async () => {
    const url = 'rtmp://live.example/app/stream-key';
    const out = await says('stream-out', 'start', 'demo', url, '--key-frames', '2');
    assert.match(out, /rtmp +rtmp:\/\/live.example\/app\/\*\*\*\n/);
    assert.equal(asked()?.keyFrameInterval, 2);
    const id = /live stream +([0-9a-f]{32})/.exec(out)?.[1] ?? '';
    const message = `${url}: Connection refused`;
    room.egresses.becomes(id, { status: 'retrying', error: { code: 'far_end', message }, reconnects: 3 });
    const list = await says('stream-out', 'list', 'demo');
    assert.match(list, new RegExp(`${id}: rtmp://live.example/app/\\*\\*\\*: Connection refused`));
    assert.match(await says('stream-out', 'pause', 'demo'), /connected again +3 times/);
    await says('stream-out', 'stop', 'demo', id);
    const served = await says('stream-out', 'start', 'demo', '--protocol', 'dash', '--segment', '4');
    assert.match(served, /dash +http:\/\/127.0.0.1:8090\//);
    assert.deepEqual(asked()?.target, { type: 'live', protocol: 'dash', segmentDuration: 4, segments: 5 });
    for (const [words, expected, hint] of [
      [[], 2, /Give a URL, or --protocol/],
      [['https://h/x'], 1, /protocol: .*cannot be told from the URL/],
      [['--protocol', 'srt'], 1, /url: srt needs a URL/],
      [['rtmp://h/x', '--segments', '3'], 1, /parameters.hlsListSize: .*means nothing with rtmp/],
    ] as const) {
      const [status, text] = await fails('stream-out', 'start', 'demo', ...words);
      assert.deepEqual([status, hint.test(text)], [expected, true], text);
    }
  });

  it('fetches streams, lists and ends them, and says why one does not come', async () => {
    const url = 'rtsp://ann:secret@camera.example/live';
    const out = await says('stream-in', 'start', 'demo', url, '--no-audio', '--udp', '--name', 'Door');
    const id = /^Stream ([0-9a-f]{32}) is in room 'demo' now\.$/.exec(out)?.[1] ?? '';
    const [fetched] = room.egresses.fetched;
    assert.deepEqual(
      [fetched?.url, fetched?.audio, fetched?.video, fetched?.transportProtocol, fetched?.attributes],
      [url, false, 'auto', 'udp', { name: 'Door' }],
    );
    const list = await says('stream-in', 'list', 'demo');
    assert.match(list, /live +rtsp:\/\/\*\*\*@camera.example\/live +opus, vp8 +800 kbit\/s +mixer-1/);
    assert.equal(await says('stream-in', 'stop', 'demo', id), `Stream ${id} is not fetched any more.`);
    assert.equal(await says('stream-in', 'list', 'demo'), 'Nothing is fetched into the room.');
    room.egresses.source = { error: 'method DESCRIBE failed: 404 Not Found' };
    const [code, err] = await fails('stream-in', 'start', 'demo', url);
    assert.equal(code, 1);
    assert.match(err, /connection.url: the source cannot be fetched: method DESCRIBE failed: 404/);
    assert.match((await fails('stream-in', 'stop', 'demo', id))[1], /Stream not found/);
    assert.match((await fails('stream-in', 'start', 'demo', 'camera'))[1], /must be a URL that begins with/);
  });
});
