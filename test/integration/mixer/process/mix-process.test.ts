import assert from 'node:assert/strict';
import { once } from 'node:events';
import { toPixels } from '../../../../common/layout/pixels.ts';
import { MixRecorder, type Rgb } from '../../../support/mix-recorder.ts';
import { childrenOf, isAlive } from '../../../support/processes.ts';
import { MixStudio, type StudioInput } from '../../../support/mix-studio.ts';
import { until } from '../../../support/until.ts';

const size = { width: 640, height: 360 };

const isNear = (one: Rgb, other: Rgb, tolerance = 40): boolean =>
  one.every((value, index) => Math.abs(value - (other[index] ?? 0)) <= tolerance);

const colours = {
  red: [255, 0, 0],
  lime: [0, 255, 0],
  blue: [0, 0, 255],
  yellow: [255, 255, 0],
} satisfies Record<string, Rgb>;

type Colour = keyof typeof colours;

/** From 1900 to 1970, ms. */
const ntpEpochMs = 2_208_988_800_000;

describe('a mix process', function () {
  this.timeout(60_000);
  let studio: MixStudio;
  let recorder: MixRecorder;

  const join = async (name: string, colour: Colour, tone: number): Promise<StudioInput> =>
    await studio.add(
      name,
      await studio.sources.add({ colour, tone, width: 320, height: 180, keyFrameInterval: 0.4 }),
    );

  /** Where an input is shown. */
  const regionOf = ({ stream }: StudioInput) => {
    const entry = studio.layout.find((one) => one.stream === stream);
    assert.ok(entry !== undefined);
    return toPixels(entry.region.area, size);
  };

  /** Waits until an input is seen in its colour where the layout has it. */
  const seen = async (input: StudioInput, colour: Colour): Promise<void> => {
    const isSeen = async () => {
      recorder.clear();
      await receiver.video.requestKeyFrame();
      await framesMore(6);
      const last = (await recorder.pictures(size)).at(-1);
      return last !== undefined && isNear(last.colour(regionOf(input)), colours[colour]);
    };
    await until(isSeen, { what: `${input.name} is seen in ${colour}`, timeoutMs: 20_000 });
  };

  const framesMore = async (count: number): Promise<void> => {
    const until = recorder.frames.length + count;
    while (recorder.frames.length < until) await once(studio, 'rtp');
  };

  let receiver: Awaited<ReturnType<MixStudio['receive']>>;

  beforeEach(async () => {
    studio = await MixStudio.create({ ...size, framerate: 25, bitrate: 1_000 });
    await studio.start();
    recorder = new MixRecorder(studio);
    receiver = await studio.receive();
  });

  afterEach(async () => {
    await studio.close();
  });

  it('shows everybody where the layout says, and keeps its clock while they come and go', async () => {
    await framesMore(5);
    recorder.clear();
    const red = await join('red', 'red', 400);
    await framesMore(30);
    const lime = await join('lime', 'lime', 700);
    await framesMore(30);
    studio.base = 'lecture';
    await framesMore(20);
    await studio.mute(lime, true);
    await framesMore(20);
    studio.remove(red);
    await framesMore(20);
    // A busy machine leaves pictures out; the grid of those that come does not move.
    for (const step of recorder.steps('video').keys())
      assert.ok(step > 0 && step % 3600 === 0, `a step of ${step}`);
    assert.deepEqual([...recorder.steps('audio').keys()], [960]);
    assert.equal(recorder.holes('video') + recorder.holes('audio'), 0);
    assert.equal(new Set(recorder.video.map(({ ssrc }) => ssrc)).size, 1);
  });

  it('shows the right colours in the right places', async () => {
    const inputs = [
      [await join('red', 'red', 400), 'red'],
      [await join('lime', 'lime', 0), 'lime'],
      [await join('blue', 'blue', 0), 'blue'],
    ] as const;
    for (const [input, colour] of inputs) await seen(input, colour);
    studio.base = 'lecture';
    for (const [input, colour] of inputs) await seen(input, colour);
  });

  it('goes on after it was killed, with the same SSRC and without a jump back', async () => {
    const red = await join('red', 'red', 400);
    await seen(red, 'red');
    recorder.clear();
    await framesMore(3);
    await studio.kill();
    await studio.start();
    await framesMore(10);
    assert.ok(recorder.longestGap('video') < 3_000);
    for (const step of recorder.steps('video').keys()) assert.ok(step > 0, `a step of ${step}`);
    assert.equal(new Set(recorder.video.map(({ ssrc }) => ssrc)).size, 1);
    await seen(red, 'red');
  });

  it('does without its FFmpegs for a moment', async () => {
    const red = await join('red', 'red', 400);
    await seen(red, 'red');
    recorder.clear();
    for (const pid of childrenOf(studio.pid)) process.kill(pid, 'SIGKILL');
    await framesMore(10);
    assert.ok(recorder.longestGap('video') < 2_000);
    assert.equal(recorder.holes('audio'), 0);
    await seen(red, 'red');
  });

  it('says of sound and pictures that they were captured before they are sent', async () => {
    await join('red', 'red', 400);
    const reports = { audio: 0, video: 0 };
    studio.on('report', (kind) => (reports[kind] += 1));
    // Routers need three reports until they believe a sender; before they say when things came.
    await until(() => Math.min(reports.audio, reports.video) >= 5, { timeoutMs: 20_000 });
    recorder.clear();
    await framesMore(25);
    for (const kind of ['audio', 'video'] as const) {
      const ages = recorder[kind].map(({ at, timestamp }) => at - recorder.wallMs(kind, timestamp));
      const least = Math.min(...ages) + performance.timeOrigin + ntpEpochMs;
      assert.ok(least > 75, `${kind}: ${least} ms`);
    }
  });

  it('leaves no process behind when it is killed', async () => {
    await join('red', 'red', 400);
    await framesMore(5);
    const children = childrenOf(studio.pid);
    assert.ok(children.length > 0);
    await studio.kill();
    await until(() => children.every((pid) => !isAlive(pid)), { what: 'its children end' });
  });
});
