import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import type { IngressState } from '../../../../common/contract/ingress.ts';
import { toneLevel } from '../../../support/tones.ts';
import { until } from '../../../support/until.ts';
import { IngressStage } from './support/ingress-stage.ts';
import { SourceFiles, type SourceFileOptions } from './support/source-files.ts';
import { isNear, type Rgb, type Viewer } from './support/viewer.ts';

const red: Rgb = [255, 0, 0];
const white: Rgb = [255, 255, 255];

describe('a file that is fetched into a room', function () {
  this.timeout(60_000);
  let files: SourceFiles;
  let stage: IngressStage;
  let state: IngressState;

  before(async () => {
    files = await SourceFiles.create();
  });
  after(async () => {
    await files.close();
  });
  beforeEach(async () => {
    stage = await IngressStage.create({ streaming: { input_folders: [files.folder] } });
  });
  afterEach(async () => {
    await stage.close();
  });

  const fetched = async (options: SourceFileOptions, loop = false): Promise<Viewer> => {
    const file = await files.make(options);
    state = await stage.apply(pathToFileURL(file).href, { loop });
    assert.equal(state.status, 'live');
    return await stage.view(state);
  };

  /** Waits for so much that it can be looked at. */
  const come = async (viewer: Viewer, { pictures = 40, sounds = 75 } = {}) => {
    await until(
      () => viewer.frames.length >= pictures && viewer.packets('audio').length >= sounds && viewer.reported,
      { what: 'media come', timeoutMs: 20_000 },
    );
  };

  const heardTone = async (viewer: Viewer, hz: number): Promise<number> => {
    const parts = await viewer.sound();
    const whole = new Float32Array(parts.flatMap(({ samples }) => [...samples]));
    return (
      toneLevel(whole.subarray(whole.length / 2), hz) - toneLevel(whole.subarray(whole.length / 2), hz * 1.5)
    );
  };

  const cases = [
    { name: 'b.mp4', video: 'h264', audio: 'aac', codec: 'h264', transcoded: { audio: true, video: true } },
    {
      name: 'base.mp4',
      video: 'baseline',
      audio: 'aac',
      codec: 'h264',
      transcoded: { audio: true, video: false },
    },
    {
      name: 'v8.webm',
      video: 'vp8',
      audio: 'opus',
      codec: 'vp8',
      transcoded: { audio: false, video: false },
    },
    {
      name: 'v9.webm',
      video: 'vp9',
      audio: 'opus',
      codec: 'vp9',
      transcoded: { audio: false, video: false },
    },
    {
      name: 'hevc.mkv',
      video: 'hevc',
      audio: 'mp3',
      codec: 'h264',
      transcoded: { audio: true, video: true },
    },
  ] as const;

  for (const { name, video, audio, codec, transcoded } of cases) {
    it(`is seen and heard as it is: ${video} and ${audio} (${name})`, async () => {
      const viewer = await fetched({ name, video, audio, seconds: 6 }, true);
      await come(viewer);
      assert.deepEqual(state.transcoded, transcoded);
      assert.deepEqual(
        state.tracks.map(({ id, type, format }) => [id, type, format?.codec]),
        [
          ['fetched-0', 'audio', 'opus'],
          ['fetched-1', 'video', codec],
        ],
      );
      assert.deepEqual(state.tracks[1]?.parameters?.resolution, { width: 320, height: 180 });
      const colours = await viewer.colours();
      assert.ok(colours.length > 15, `${colours.length} pictures were decoded`);
      assert.ok(
        colours.every(({ colour }) => isNear(colour, red)),
        String(colours.at(-1)?.colour),
      );
      assert.ok((await heardTone(viewer, 700)) > 25);
      assert.deepEqual([viewer.breaks('audio'), viewer.breaks('video')], [0, 0]);
    });
  }

  for (const [name, video, audio] of [
    ['flash.mp4', 'h264', 'aac'],
    ['flash.webm', 'vp8', 'opus'],
    ['flash-base.mp4', 'baseline', 'aac'],
  ] as const) {
    it(`has its sound and its pictures in step (${name})`, async () => {
      const viewer = await fetched({ name, video, audio, seconds: 8, flashes: true });
      await come(viewer, { pictures: 90, sounds: 220 });
      const flashes = beginnings(
        (await viewer.colours()).map(({ colour, timestamp }) => ({
          on: isNear(colour, white),
          at: viewer.wallTime('video', timestamp),
        })),
      );
      const beeps = beginnings(
        (await viewer.sound()).flatMap(({ samples, timestamp }) =>
          Array.from({ length: 20 }, (_none, ms) => ({
            on: samples.subarray(ms * 96, (ms + 1) * 96).some((value) => Math.abs(value) > 0.08),
            at: viewer.wallTime('audio', timestamp) + ms,
          })),
        ),
        30,
      );
      const offsets = flashes.map((flash) => Math.min(...beeps.map((beep) => Math.abs(beep - flash))));
      assert.ok(offsets.length >= 3, `${flashes.length} flashes, ${beeps.length} beeps`);
      assert.ok(Math.max(...offsets) < 45, String(offsets));
    });
  }

  it('begins again when it is over, and its timestamps go on', async () => {
    const viewer = await fetched({ name: 'loop.webm', video: 'vp8', audio: 'opus', seconds: 1 }, true);
    await come(viewer, { pictures: 75, sounds: 170 });
    assert.deepEqual([viewer.breaks('audio'), viewer.breaks('video')], [0, 0]);
    assert.ok(Math.min(...viewer.steps('video')) > 0);
    assert.ok(Math.max(...viewer.steps('video')) < 90 * 150, String(viewer.steps('video')));
    assert.ok(
      viewer.steps('audio').every((step) => step >= 960 && step < 960 * 4),
      String(viewer.steps('audio')),
    );
  });

  it('ends when it is over, all of it played', async () => {
    const viewer = await fetched({ name: 'once.webm', video: 'vp8', audio: 'opus', seconds: 2 });
    const { status } = await stage.heard('it is over', (heard) => heard.status === 'ended');
    assert.equal(status, 'ended');
    assert.ok(viewer.packets('audio').length > 70, String(viewer.packets('audio').length));
  });

  it('is not played faster than it should', async () => {
    const viewer = await fetched({ name: 'pace.mp4', video: 'baseline', audio: 'aac', seconds: 5 });
    await come(viewer, { pictures: 50, sounds: 120 });
    const packets = viewer.packets('audio');
    const [first, last] = [packets[0], packets.at(-1)];
    assert.ok(first !== undefined && last !== undefined);
    const played = ((last.timestamp - first.timestamp) >>> 0) / 48;
    assert.ok(Math.abs(played - (last.at - first.at)) < 300, `${played} ms in ${last.at - first.at} ms`);
  });

  it('makes a key frame when somebody asks for one, if it is encoded here', async () => {
    const viewer = await fetched({ name: 'keys.mp4', video: 'h264', audio: 'aac', seconds: 8 }, true);
    await come(viewer, { pictures: 20, sounds: 20 });
    viewer.clear();
    const consumer = viewer.consumer('video');
    await until(
      async () => {
        await consumer.requestKeyFrame();
        return viewer.frames.some(({ key }) => key);
      },
      { what: 'a key frame', timeoutMs: 10_000 },
    );
  });

  it('has only what is wanted of it', async () => {
    const file = await files.make({ name: 'both.webm', video: 'vp8', audio: 'opus', seconds: 3 });
    state = await stage.apply(pathToFileURL(file).href, { loop: true, video: false });
    assert.deepEqual(
      state.tracks.map(({ type }) => type),
      ['audio'],
    );
  });

  it('says that it lacks what is wanted of it', async () => {
    const file = await files.make({ name: 'sound.webm', audio: 'opus', seconds: 2 });
    state = await stage.apply(pathToFileURL(file).href, { video: true });
    assert.deepEqual([state.status, state.error?.message], ['retrying', 'the source has no picture']);
  });
});

/** Times at which something begins, after it was off for a while. */
function beginnings(states: readonly { on: boolean; at: number }[], quietMs = 0): number[] {
  const found: number[] = [];
  let lastOn = -Infinity;
  for (const [index, { on, at }] of states.entries()) {
    if (on && index > 0 && !states[index - 1]!.on && at - lastOn > quietMs) found.push(at);
    if (on) lastOn = at;
  }
  // The first may have begun before anything came.
  return found.slice(1);
}
