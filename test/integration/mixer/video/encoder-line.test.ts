import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import type { MixCodec } from '../../../../mixer-agent/mix/media.ts';
import { until } from '../../../support/until.ts';
import { closeLines, Line, noisyPicture } from './line.ts';

const size = { width: 320, height: 180 };
const gone = (pids: readonly number[]) => pids.every((pid) => !existsSync(`/proc/${pid}`));
const grows = (ticks: readonly number[]) => ticks.every((tick, at) => at === 0 || tick > ticks[at - 1]!);

describe('line of encoders', () => {
  let timer: NodeJS.Timeout;

  afterEach(async () => {
    clearInterval(timer);
    await closeLines();
  });

  async function playing(codec: MixCodec = 'vp8'): Promise<Line> {
    const line = new Line({ codec });
    timer = line.play(noisyPicture(size, 1));
    await line.more(5);
    return line;
  }

  for (const codec of ['vp8', 'h264'] as const) {
    it(`takes over other settings with a key frame, each tick once and in order (${codec})`, async () => {
      const line = await playing(codec);
      const pids = line.line.pids;
      for (const settings of [
        { size: { width: 160, height: 90 }, framerate: 25, bitrate: 200 },
        { size: { width: 160, height: 90 }, framerate: 25, bitrate: 300 },
      ]) {
        const keys = line.frames.filter(({ key }) => key).length;
        line.line.configure(settings);
        await until(() => line.frames.filter(({ key }) => key).length > keys, { timeoutMs: 15_000 });
        await line.more(10);
      }
      clearInterval(timer);
      await until(() => line.frames.at(-1)?.tick === line.taken.at(-1));
      assert.deepEqual(
        line.frames.map(({ tick }) => tick),
        line.taken,
      );
      assert.equal(line.frames.filter(({ key }) => key).length, 3);
      assert.equal(line.line.restarts, 0);
      await until(() => gone(pids));
    });
  }

  it('loads the encoder of pictures whose size is known before they come, and uses just that one', async () => {
    const line = new Line({ input: size });
    const pids = await until(() => line.line.pids.length > 0 && line.line.pids);
    assert.ok((await line.pass(noisyPicture(size, 1))).key);
    assert.deepEqual(line.line.pids, pids);
    const other = { width: 426, height: 240 };
    assert.ok(
      !line.line.encode(noisyPicture(other, 1), (line.tick += 1), false),
      'another size than expected',
    );
    timer = setInterval(() => {
      line.put(noisyPicture(other, 1));
    }, 20);
    await line.more(3);
    assert.equal(line.line.restarts, 0);
  });

  it('goes on with a key frame when its process is killed', async () => {
    const line = await playing();
    const before = line.frames.length;
    for (const pid of line.line.pids) process.kill(pid, 'SIGKILL');
    await line.more(12);
    assert.equal(line.line.restarts, 1);
    assert.ok(line.frames.slice(before).some(({ key }) => key));
    assert.ok(grows(line.frames.map(({ tick }) => tick)));
  });

  it('replaces an encoder that hangs, leaving out pictures meanwhile', async () => {
    const line = await playing();
    const pids = line.line.pids;
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await until(() => line.line.busy);
    assert.ok(line.line.skipped >= 0);
    await until(() => line.line.restarts === 1, { timeoutMs: 10_000 });
    const before = line.frames.length;
    await line.more(10);
    assert.ok(line.frames.slice(before).some(({ key }) => key));
    assert.ok(line.line.skipped > 10);
    assert.ok(gone(pids));
  });

  it('follows when the pictures change their size', async () => {
    const line = await playing();
    clearInterval(timer);
    const before = line.frames.length;
    timer = line.play(noisyPicture({ width: 640, height: 360 }, 1));
    await line.more(10);
    assert.ok(line.frames.slice(before).some(({ key }) => key));
    assert.ok(grows(line.frames.map(({ tick }) => tick)));
    assert.equal(line.line.restarts, 0);
  });

  it('remembers a key frame that was asked for while it was busy', async () => {
    const line = new Line();
    const picture = noisyPicture({ width: 1280, height: 720 }, 1);
    line.put(picture);
    assert.ok(line.line.busy);
    assert.ok(line.line.holds(picture));
    line.put(picture, true);
    assert.deepEqual(line.taken, [0]);
    await until(() => !line.line.busy && line.frames.length === 1, { timeoutMs: 15_000 });
    assert.ok(!line.line.holds(picture));
    assert.ok((await line.pass(picture)).key);
    assert.ok(!(await line.pass(picture)).key);
  });

  it('leaves no process behind', async () => {
    const line = await playing();
    line.line.configure({ size, framerate: 25, bitrate: 100 });
    const pids = line.line.pids;
    await line.line.close();
    assert.ok(gone(pids));
  });

  it('tries again when FFmpeg cannot be started, less and less often', async () => {
    const line = new Line({ ffmpeg: '/nowhere/ffmpeg' });
    timer = line.play(noisyPicture(size, 1));
    await until(() => line.line.restarts >= 2);
    assert.ok(line.line.busy);
    assert.ok(line.line.restarts < 10);
  });
});
