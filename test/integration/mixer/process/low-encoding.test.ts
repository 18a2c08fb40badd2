import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { types } from 'mediasoup';
import { MixRecorder } from '../../../support/mix-recorder.ts';
import { MixStudio } from '../../../support/mix-studio.ts';
import { childrenOf, commandOf } from '../../../support/processes.ts';
import { until } from '../../../support/until.ts';

const [main, low] = [640, 320];

/** Width of a VP8 key frame (RFC 6386, 9.1). */
const widthOf = (key: Buffer): number => key.readUInt16LE(6) & 0x3fff;

describe('the low encoding of a mix', function () {
  this.timeout(60_000);
  let studio: MixStudio;
  let recorder: MixRecorder;
  let video: types.Consumer;

  const encoders = (): number =>
    childrenOf(studio.pid).filter((pid) => commandOf(pid).includes('libvpx')).length;
  const framesMore = async (count: number): Promise<void> => {
    const wanted = recorder.frames.length + count;
    while (recorder.frames.length < wanted) await once(studio, 'rtp');
  };
  const keys = () => recorder.frames.filter(({ key }) => key).map(({ data }) => widthOf(data));
  const gets = (width: number) =>
    until(() => keys().at(-1) === width, {
      what: `a key frame with ${width} pixels comes`,
      timeoutMs: 15_000,
    });
  const prefer = (spatialLayer: number) => video.setPreferredLayers({ spatialLayer });
  /** The engine tells apart the clocks of two encodings after some reports of their sender. */
  const isKnown = async () => {
    for (let reports = 0; reports < 5; reports += 1) await once(studio, 'measure');
  };

  beforeEach(async () => {
    studio = await MixStudio.create({ width: 640, height: 360, framerate: 25, bitrate: 1_000, low: true });
    await studio.start();
    recorder = new MixRecorder(studio);
    ({ video } = await studio.receive());
    await framesMore(10);
  });

  afterEach(async () => {
    await studio.close();
  });

  it('is not made before somebody wants it, and who would have it keeps what it has until then', async () => {
    await isKnown();
    assert.equal(encoders(), 1);
    await prefer(0);
    recorder.clear();
    await framesMore(50);
    assert.deepEqual([recorder.holes('video'), video.currentLayers?.spatialLayer], [0, 1]);
    studio.low.active = true;
    studio.apply();
    await gets(low);
    await framesMore(50);
    assert.equal(encoders(), 2);
    await prefer(1);
    await gets(main);
    studio.low.active = false;
    studio.apply();
    await framesMore(50);
    await until(() => encoders() === 1, { what: 'its encoder ends', timeoutMs: 5_000 });
    // One number is left out where a picture was cut off by the change.
    assert.ok(recorder.holes('video') <= 2, `${recorder.holes('video')} packets are missing`);
    const ssrcs = new Set(recorder.video.map(({ ssrc }) => ssrc));
    assert.equal(ssrcs.size, 1, 'it is one stream');
    const times = recorder.frames.map(({ timestamp }) => timestamp);
    const steps = times.slice(1).map((time, index) => ((time - (times[index] ?? 0)) | 0) / 90);
    assert.deepEqual(
      steps.filter((step) => step <= 0),
      [],
      'its clock goes forward',
    );
    const ids = recorder.frames.map(({ pictureId }) => pictureId);
    const jumps = ids.slice(1).map((id, index) => (id - (ids[index] ?? 0)) & 0x7fff);
    assert.deepEqual([...new Set(jumps)], [1], 'no picture seems to be missing');
    // Sound stays with the picture: the router has moved nothing where one took over from the other.
    const late = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 90 / 40;
    assert.ok(Math.abs(late - Math.round(late)) < 0.1, `the clock has moved: ${steps.join(' ')}`);
  });

  it('shows itself with a key frame to a router that asks to know it, and stops again', async () => {
    studio.low.shows = 1;
    studio.apply();
    await until(() => encoders() === 2, { what: 'it is made', timeoutMs: 10_000 });
    await until(() => encoders() === 1, { what: 'its encoder ends', timeoutMs: 10_000 });
    assert.deepEqual(
      studio.video.score.map(({ score }) => score),
      [10, 10],
      'the router counts on it',
    );
  });
});
