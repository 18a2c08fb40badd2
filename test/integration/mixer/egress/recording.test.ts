import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container } from '../../../../common/contract/egress.ts';
import type { FinishedRecording } from '../../../../common/contract/mixing.ts';
import { pause } from '../../../../common/lifecycle/wait.ts';
import type { Recordings } from '../../../../mixer-agent/recordings/recordings.ts';
import { type Clip, makeClip } from '../../../support/clips.ts';
import type { ClipPlayer } from '../../../support/clip-player.ts';
import { EgressStudio } from '../../../support/egress-studio.ts';
import {
  complaintsAbout,
  flashes,
  heardSound,
  onsets,
  percentile,
  probe,
  seenPictures,
  soundOffsets,
} from '../../../support/media-file.ts';
import { isAlive } from '../../../support/processes.ts';
import { Random } from '../../../support/random.ts';
import { containerSpec, recordingsIn } from '../../../support/recording-specs.ts';
import { SmallDisk } from '../../../support/small-disk.ts';
import { until } from '../../../support/until.ts';

describe('a recording', function () {
  this.timeout(90_000);
  let folder: string;
  let recordings: Recordings;
  let studio: EgressStudio;
  let work: string;
  let count = 0;
  const clips = new Map<string, Promise<Clip>>();

  const clipOf = (
    codec: 'vp8' | 'h264' | 'vp9' | 'av1',
    more: Partial<Parameters<typeof makeClip>[0]> = {},
  ) => {
    const options = { codec, seconds: 8, colour: 'red', tone: 1_000, flashes: true, ...more };
    const key = JSON.stringify(options);
    const clip = clips.get(key) ?? makeClip(options);
    clips.set(key, clip);
    return clip;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-recording-'));
    recordings = recordingsIn(folder);
    await recordings.begin();
    studio = await EgressStudio.create();
  });
  afterEach(async () => {
    await studio.close();
    recordings.close();
    await rm(folder, { recursive: true });
  });

  const begin = async (container: Container = 'auto'): Promise<void> => {
    count += 1;
    work = (await recordings.open(containerSpec(`rec-${count}`, container))).folder;
    await studio.start({ type: 'recording', folder: work, container, syncMs: 500 });
  };

  const show = (player: ClipPlayer, name = 'a', more: { silent?: boolean } = {}): Promise<void> =>
    studio.show({
      audio: { track: `${name}-1`, producer: player.audio, ...more },
      video: { track: `${name}-2`, producer: player.video, ...more },
    });

  const finish = async (): Promise<{ done: FinishedRecording; file: string }> => {
    await studio.finish();
    const done = await recordings.finish(work, 'stopped');
    return { done, file: join(folder, done.files[0]?.name ?? '') };
  };

  /** Sound and picture belong together, and the sound has no holes. */
  const checkSync = async (
    file: string,
    atLeast: number,
  ): Promise<{ seen: number[]; sound: Float32Array }> => {
    const seen = flashes(await seenPictures(file));
    const sound = await heardSound(file);
    const offsets = soundOffsets(seen, onsets(sound)).map(Math.abs);
    assert.ok(offsets.length >= atLeast, `${offsets.length} of ${seen.length} flashes are heard`);
    assert.ok(percentile(offsets, 0.95) < 40, `offsets ${offsets.join(' ')}`);
    return { seen, sound };
  };

  for (const [codec, container, name] of [
    ['vp8', 'auto', 'mkv'],
    ['h264', 'auto', 'mp4'],
    ['vp9', 'webm', 'webm'],
    ['av1', 'mkv', 'mkv'],
  ] as const) {
    it(`of ${codec} is a ${name} file with all that was sent, in sync`, async () => {
      const clip = await clipOf(codec);
      const player = await studio.player({ clip });
      await begin(container);
      await show(player);
      await player.play();
      const { done, file } = await finish();
      assert.ok(file.endsWith(`.${name}`), file);
      assert.deepEqual(await complaintsAbout(file), []);
      const { streams, format } = await probe(file);
      assert.deepEqual(streams.map(({ codec_name: of }) => of).toSorted(), [codec, 'opus'].toSorted());
      assert.ok(Math.abs(Number(format.duration) - 8) < 0.5, `duration ${format.duration}`);
      const pictures = await seenPictures(file);
      assert.ok(pictures.length >= clip.video.length - 2, `${pictures.length} pictures`);
      // Red, in BT.601.
      const red = pictures.filter(({ y }) => y < 150);
      assert.ok(red.every(({ v, u }) => v > 180 && u < 120));
      await checkSync(file, 7);
      assert.equal(done.files[0]?.sha256?.length, 64);
      assert.equal(done.reason, 'stopped');
    });
  }

  it('goes on through mute, and both are back in sync', async () => {
    const player = await studio.player({ clip: await clipOf('vp8') });
    await begin();
    await show(player);
    const over = player.play();
    await until(() => (studio.newest?.durationMs ?? 0) > 1_000, { timeoutMs: 10_000 });
    player.muted.audio = player.muted.video = true;
    await show(player, 'a', { silent: true });
    await pause(2_500);
    player.muted.audio = player.muted.video = false;
    await show(player);
    await over;
    const { file } = await finish();
    assert.deepEqual(await complaintsAbout(file), []);
    const { format } = await probe(file);
    assert.ok(Math.abs(Number(format.duration) - 8) < 0.5, `duration ${format.duration}`);
    const { sound } = await checkSync(file, 3);
    assert.ok(Math.abs(sound.length / 48 - 8_000) < 500, 'silence stands for what was muted');
  });

  it('stays in sync with 2 % of the packets lost', async () => {
    const random = new Random(7);
    const player = await studio.player({
      clip: await clipOf('vp8', { keyFrameInterval: 0.5 }),
      ...{ loss: 0.02, random: () => random.next() },
    });
    await begin();
    await show(player);
    await player.play();
    const { file } = await finish();
    assert.deepEqual(await complaintsAbout(file), []);
    const { sound } = await checkSync(file, 5);
    assert.ok(Math.abs(sound.length / 48 - 8_000) < 500);
  });

  it('goes on on the same clock when another track takes over, of another size and sender', async () => {
    const first = await studio.player({ clip: await clipOf('vp8', { seconds: 4 }) });
    const second = await studio.player({
      clip: await clipOf('vp8', { seconds: 4, width: 640, height: 360, colour: 'blue' }),
    });
    await begin();
    await show(first);
    await first.play();
    await show(second, 'b');
    await second.play();
    const { done, file } = await finish();
    assert.equal(done.files.length, 1);
    assert.deepEqual(await complaintsAbout(file), []);
    const pictures = await seenPictures(file);
    assert.ok(
      pictures.some(({ v }) => v > 180) && pictures.some(({ u }) => u > 180),
      'red and blue are seen',
    );
    await checkSync(file, 7);
    const [sidecar] = await recordings.list({ limit: 1 });
    assert.equal(sidecar?.id, done.id);
  });

  it('begins another file when the codec changes', async () => {
    const first = await studio.player({ clip: await clipOf('vp8', { seconds: 3 }) });
    const second = await studio.player({ clip: await clipOf('h264', { seconds: 3 }) });
    await begin('mkv');
    await show(first);
    await first.play();
    await show(second, 'b');
    await second.play();
    const { done } = await finish();
    assert.deepEqual(
      done.files.map(({ name }) => name),
      [`room/${done.id}.mkv`, `room/${done.id}.part-2.mkv`],
    );
    for (const { name } of done.files) {
      assert.deepEqual(await complaintsAbout(join(folder, name)), []);
      await checkSync(join(folder, name), 2);
    }
    const [one, two] = done.files;
    assert.ok(Math.abs(two!.startedAt - one!.startedAt - one!.durationMs) < 500, 'they follow each other');
  });

  it('of sound alone gets its picture in the same file when that comes later', async () => {
    const player = await studio.player({ clip: await clipOf('h264') });
    player.muted.video = true;
    await begin();
    await studio.show({
      audio: { track: 'a-1', producer: player.audio },
      video: { track: 'a-2', producer: player.video, silent: true },
    });
    const over = player.play();
    await until(() => (studio.newest?.durationMs ?? 0) > 1_500, { timeoutMs: 10_000 });
    player.muted.video = false;
    await show(player);
    await over;
    const { done, file } = await finish();
    assert.equal(done.files.length, 1);
    assert.equal((await probe(file)).streams.length, 2);
    assert.deepEqual(await complaintsAbout(file), []);
    await checkSync(file, 3);
  });

  it('that ends at once, before anything came, has no files and leaves nothing', async () => {
    await begin();
    const { done } = await finish();
    assert.deepEqual(done.files, []);
    assert.deepEqual(await recordings.list({ limit: 10 }), []);
  });

  it('is complete when its agent dies, and its process ends within 2 s', async () => {
    const player = await studio.player({ clip: await clipOf('vp8') });
    await begin();
    await show(player);
    const over = player.play();
    await until(() => (studio.newest?.durationMs ?? 0) > 2_000, { timeoutMs: 10_000 });
    const { pid } = studio;
    const left = performance.now();
    await studio.desert();
    assert.ok(performance.now() - left < 2_500, `${performance.now() - left} ms`);
    assert.ok(!isAlive(pid));
    player.stop();
    void over;
    const done = await recordings.finish(work, 'crashed');
    assert.ok(done.durationMs > 2_500, `${done.durationMs} ms`);
    await checkSync(join(folder, done.files[0]!.name), 2);
  });

  it('loses at most 2 s when its process is killed, and goes on in the same file', async function () {
    this.timeout(180_000);
    for (const round of [1, 2, 3]) {
      const player = await studio.player({ clip: await clipOf('vp8') });
      await begin();
      await show(player);
      const began = performance.now();
      const over = player.play();
      await until(() => (studio.newest?.durationMs ?? 0) > 700, { timeoutMs: 10_000 });
      await pause(Math.random() * 1_500);
      const lived = performance.now() - began;
      await studio.kill();
      if (round === 3) {
        await studio.start({ type: 'recording', folder: work, container: 'auto', syncMs: 500 });
        await over;
        await studio.finish();
      } else player.stop();
      const done = await recordings.finish(work, 'stopped');
      assert.equal(done.files.length, 1);
      const file = join(folder, done.files[0]!.name);
      const length = Number((await probe(file)).format.duration) * 1_000;
      assert.deepEqual(await complaintsAbout(file), []);
      const whole = round === 3 ? 8_000 : lived;
      assert.ok(length > whole - 2_000, `round ${round}: ${length} of ${whole} ms`);
      await checkSync(file, round === 3 ? 4 : 1);
      player.close();
    }
  });

  it('is encoded anew when its file cannot carry what comes', async () => {
    const player = await studio.player({ clip: await clipOf('vp8') });
    await begin('mp4');
    await show(player);
    await player.play();
    const { file } = await finish();
    assert.ok(file.endsWith('.mp4'));
    const { streams, format } = await probe(file);
    assert.deepEqual(streams.map(({ codec_name: of }) => of).toSorted(), ['h264', 'opus']);
    assert.ok(Math.abs(Number(format.duration) - 8) < 0.6, `duration ${format.duration}`);
    assert.deepEqual(await complaintsAbout(file), []);
    await checkSync(file, 6);
  });

  it('of a transport stream has AAC and H.264, in sync', async () => {
    const player = await studio.player({ clip: await clipOf('h264') });
    await begin('ts');
    await show(player);
    await player.play();
    const { file } = await finish();
    const { streams } = await probe(file);
    assert.deepEqual(streams.map(({ codec_name: of }) => of).toSorted(), ['aac', 'h264']);
    await checkSync(file, 6);
  });

  for (const [what, mount] of [
    ['the disk is full', true],
    ['its files may not grow', false],
  ] as const) {
    it(`ends in good order when ${what}, and keeps what is there`, async () => {
      const disk = await SmallDisk.create(join(folder, 'disk'), { bytes: 300 * 1024, mount });
      const small = recordingsIn(disk.folder);
      try {
        await small.begin();
        const player = await studio.player({ clip: await clipOf('vp8', { bitrate: 1_500, noise: true }) });
        const { folder: place } = await small.open(containerSpec('full', 'auto'));
        await studio.start({ type: 'recording', folder: place, container: 'auto', syncMs: 500 });
        await disk.confine(studio.pid);
        const over = once(studio, 'over') as Promise<
          [{ reason: string; progress: { error?: { code: string } } }]
        >;
        await show(player);
        void player.play();
        const [{ reason, progress }] = await over;
        assert.equal(reason, 'disk_full');
        assert.equal(progress.error?.code, 'resource_exhausted');
        await studio.finish();
        // There is space for its sidecar, and none for a copy of what was recorded.
        const done = await disk.finish(place, 'disk_full', 64 * 1024);
        const [file] = done.files;
        assert.ok(file !== undefined && file.bytes > 150_000, JSON.stringify(done));
        assert.ok((await seenPictures(join(disk.folder, file.name))).length > 5);
        assert.deepEqual(await small.list({ limit: 2 }), [done]);
      } finally {
        await studio.kill();
        small.close();
        await disk.close();
      }
    });
  }

  it('asks for key frames in time', async () => {
    const player = await studio.player({ clip: await clipOf('vp8', { keyFrameInterval: 8 }) });
    const asked: number[] = [];
    studio.on('keyFrame', () => asked.push(performance.now()));
    await begin();
    await studio.show(
      {
        audio: { track: 'a-1', producer: player.audio },
        video: { track: 'a-2', producer: player.video },
      },
      { keyFrameInterval: 2 },
    );
    await player.play();
    const { file } = await finish();
    // Nobody answers: it asks at 2 s, and again and again.
    assert.ok(asked.length >= 3, `${asked.length} times`);
    assert.deepEqual(await complaintsAbout(file), []);
  });
});
