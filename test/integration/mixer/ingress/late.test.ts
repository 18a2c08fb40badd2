import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { childrenOf, commandOf } from '../../../support/processes.ts';
import { until } from '../../../support/until.ts';
import { IngressStage } from './support/ingress-stage.ts';
import { SourceFiles, type SourceFileOptions } from './support/source-files.ts';
import { isNear, type Rgb, type Viewer } from './support/viewer.ts';

const blue: Rgb = [0, 0, 255];
const white: Rgb = [255, 255, 255];
/** The source has its next key frame only when it begins again. */
const rare = { seconds: 40, gop: 100_000, colour: 'blue', flashes: true } as const;

describe('a stream that is fetched with rare key frames', function () {
  this.timeout(90_000);
  let files: SourceFiles;
  let stage: IngressStage;

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

  const fetched = async (options: SourceFileOptions) => {
    const file = await files.make(options);
    const state = await stage.apply(pathToFileURL(file).href, { loop: true });
    assert.equal(state.transcoded.video, false);
    return state;
  };
  const comes = async (viewer: Viewer, pictures: number) => {
    await until(() => viewer.frames.length >= pictures, { what: 'pictures come', timeoutMs: 30_000 });
  };
  /** Resolves with the time that it took, ms. */
  const keyFrame = async (viewer: Viewer): Promise<number> => {
    const from = performance.now();
    await viewer.consumer('video').requestKeyFrame();
    const key = await until(() => viewer.frames.find((frame) => frame.key && frame.at > from), {
      what: 'a key frame',
      timeoutMs: 20_000,
    });
    return key.at - from;
  };
  const sees = async (viewer: Viewer) => {
    const { frames } = viewer;
    const colours = (await viewer.colours()).slice(0, frames.length);
    const wrong = colours.filter(({ colour }) => !isNear(colour, blue) && !isNear(colour, white));
    assert.ok(colours.length > 10, `${colours.length} pictures`);
    // Decoders hold the last one back.
    const whole = frames.length - frames.findIndex(({ key }) => key);
    assert.ok(whole - colours.length <= 1, `${colours.length} of ${whole}`);
    assert.deepEqual(wrong, []);
    assert.ok(Math.min(...viewer.steps('video')) > 0);
  };

  for (const [video, audio, name] of [
    ['baseline', 'aac', 'rare.mp4'],
    ['high', 'aac', 'rare-high.mp4'],
    ['vp8', 'opus', 'rare.webm'],
  ] as const) {
    it(`is seen soon by those who come late (${video}), and without a break by all others`, async () => {
      const state = await fetched({ ...rare, name, video, audio });
      const early = await stage.view(state);
      await keyFrame(early);
      const late = await stage.view(state);
      const ms = await keyFrame(late);
      assert.ok(ms < 4_000, `${ms} ms`);
      await comes(late, 40);
      await sees(late);
      await sees(early);
      // Twenty pictures each second.
      const pauses = early.frames.map(({ at }, index) => at - (early.frames[index - 1]?.at ?? at));
      assert.ok(Math.max(...pauses) < 1_000, String(Math.max(...pauses)));
      const [first, last] = [early.frames[0]!, early.frames.at(-1)!];
      const missing = (last.at - first.at) / 50 - early.frames.length;
      assert.ok(missing < 12, `${missing} of ${early.frames.length} pictures were left out`);
    });
  }

  it('is passed on as it comes again from its next key frame on', async () => {
    const state = await fetched({ ...rare, seconds: 6, name: 'soon.mp4', video: 'baseline', audio: 'aac' });
    const [pid = 0] = stage.ingresses.pids;
    const usual = childrenOf(pid).length;
    const viewer = await stage.view(state);
    const bridged = until(() => childrenOf(pid).length >= usual + 2, {
      what: 'a decoder and an encoder',
      timeoutMs: 20_000,
    });
    await comes(viewer, 10);
    await keyFrame(viewer);
    await bridged;
    await until(() => childrenOf(pid).length === usual, { what: 'they are gone', timeoutMs: 20_000 });
    const count = viewer.frames.length;
    await comes(viewer, count + 20);
    await sees(viewer);
  });

  it('needs nothing else when its key frames are not rare', async () => {
    const state = await fetched({ ...rare, gop: 20, name: 'often.mp4', video: 'baseline', audio: 'aac' });
    const [pid = 0] = stage.ingresses.pids;
    const viewer = await stage.view(state);
    // The distance is known.
    await comes(viewer, 50);
    const usual = childrenOf(pid).length;
    for (let round = 0; round < 3; round += 1) {
      await keyFrame(viewer);
      assert.equal(childrenOf(pid).length, usual);
    }
  });

  it('is decoded as a whole when what leads to its next key frame dies', async () => {
    const state = await fetched({ ...rare, name: 'dies.mp4', video: 'baseline', audio: 'aac' });
    const [pid = 0] = stage.ingresses.pids;
    const viewer = await stage.view(state);
    await comes(viewer, 10);
    await keyFrame(viewer);
    const decoder = childrenOf(pid).find((child) => commandOf(child).includes('-f\0ivf\0-copyts'));
    assert.ok(decoder !== undefined);
    process.kill(decoder, 'SIGKILL');
    await until(() => stage.state?.transcoded.video === true, { what: 'it is encoded', timeoutMs: 20_000 });
    const count = viewer.frames.length;
    await comes(viewer, count + 20);
    assert.ok((await keyFrame(viewer)) < 4_000);
  });
});
