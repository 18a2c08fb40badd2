import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { Client } from 'minio';
import type { RoomId } from '../../../../common/contract/ids.ts';
import { describeVideo, opusTrack } from '../../../../mixer-agent/egress/headers/describe.ts';
import { RecordSink } from '../../../../mixer-agent/egress/record/record-sink.ts';
import { opusSilence } from '../../../../mixer-agent/egress/timeline/opus-silence.ts';
import type { Recordings } from '../../../../mixer-agent/recordings/recordings.ts';
import { encodeFrames } from '../../../support/encoded-frames.ts';
import { complaintsAbout, probe } from '../../../support/media-file.ts';
import type { Ready } from '../../../../mixer-agent/recordings/announcing.ts';
import { recordingSpec, recordingsIn } from '../../../support/recording-specs.ts';
import { until } from '../../../support/until.ts';

const quietEvents = { onChange: () => undefined, onKeyFrameNeeded: () => undefined, onOver: () => undefined };

describe('the folder of recordings', function () {
  this.timeout(60_000);
  let folder: string;
  let frames: Buffer[];
  const open: Recordings[] = [];

  before(async () => {
    frames = await encodeFrames('vp8', 50);
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-recordings-'));
  });
  afterEach(async () => {
    for (const recordings of open.splice(0)) recordings.close();
    await rm(folder, { recursive: true, force: true });
  });

  const begin = async (...args: [config?: object, more?: object]): Promise<Recordings> => {
    const recordings = recordingsIn(folder, ...(args as []));
    open.push(recordings);
    await recordings.begin();
    return recordings;
  };

  /** Writes 2 s of sound and pictures, as a process would. */
  const write = async (work: string, { zeroAt = Date.now(), whole = true } = {}): Promise<void> => {
    const notes = () => ({ zeroAt, gaps: [], sources: [], leftOut: 0 });
    const sink = await RecordSink.open({ folder: work, syncMs: 50, notes, events: quietEvents });
    sink.begin({ audio: opusTrack, video: describeVideo('vp8', frames[0]!)! });
    for (let ms = 0; ms < 2_000; ms += 20) {
      sink.push({ kind: 'audio', data: opusSilence(20), timeMs: ms, durationMs: 20, key: true });
      const index = ms / 40;
      if (Number.isInteger(index)) {
        sink.push({ kind: 'video', data: frames[index]!, timeMs: ms, key: index % 12 === 0 });
      }
    }
    if (whole) await sink.close();
  };

  const workFolders = async (): Promise<string[]> =>
    (await readdir(join(folder, '.work'))).filter((name) => !name.startsWith('.'));

  it('has a finished file and a sidecar that tells all about it', async () => {
    const recordings = await begin();
    const { folder: work } = await recordings.open(recordingSpec('one'));
    await write(work);
    const done = await recordings.finish(work, 'stopped');
    const [file] = done.files;
    assert.equal(file?.name, 'room/one.mkv');
    const bytes = await readFile(join(folder, file.name));
    assert.equal(file.bytes, bytes.length);
    assert.equal(file.sha256, createHash('sha256').update(bytes).digest('hex'));
    const sidecar = JSON.parse(await readFile(join(folder, 'room/one.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    assert.deepEqual(sidecar['participants'], [{ id: 'p', user: 'ann' }]);
    assert.equal(sidecar['reason'], 'stopped');
    await recordings.concluded(5_000);
    assert.deepEqual(await workFolders(), []);
    assert.deepEqual(await recordings.list({ limit: 5 }), [done]);
    assert.deepEqual(await recordings.list({ limit: 5, room: 'other' as RoomId }), []);
  });

  it('survives a thousand recordings of nothing', async () => {
    const recordings = await begin();
    const files = await Promise.all(
      Array.from({ length: 1_000 }, async (_none, index) => {
        const { folder: work } = await recordings.open(recordingSpec(`empty-${index}`));
        return (await recordings.finish(work, 'stopped')).files;
      }),
    );
    assert.ok(files.every((list) => list.length === 0));
    await recordings.concluded(5_000);
    assert.deepEqual(await workFolders(), []);
  });

  it('finishes what a lost agent left, once, whoever finds it', async () => {
    const lost = await begin();
    const { folder: work } = await lost.open(recordingSpec('left'));
    await write(work);
    // As after a crash in the middle of a block.
    const [name] = (await readdir(work)).filter((one) => one.endsWith('.mkv'));
    const bytes = await readFile(join(work, name!));
    await writeFile(join(work, name!), bytes.subarray(0, bytes.length - 100));
    lost.close();
    const [one, other] = [await begin(), await begin()];
    const recovered: string[] = [];
    for (const agent of [one, other]) agent.on('concluded', ({ spec }) => recovered.push(spec.id));
    await until(() => recovered.length > 0, { timeoutMs: 20_000 });
    const [done] = await one.list({ limit: 5 });
    assert.equal(done?.reason, 'crashed');
    assert.deepEqual(await complaintsAbout(join(folder, done.files[0]!.name)), []);
    await until(async () => (await workFolders()).length === 0);
    assert.deepEqual(recovered, ['left']);
  });

  it('leaves alone what another agent works on', async () => {
    const one = await begin();
    const { folder: work } = await one.open(recordingSpec('mine'));
    await write(work);
    const other = await begin();
    other.on('concluded', () => {
      assert.fail('taken from a living agent');
    });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    assert.equal((await one.finish(work, 'stopped')).files.length, 1);
  });

  it('joins the parts of a recording when agents share it, silence standing for the time between', async () => {
    const lost = await begin({ shared: true });
    const first = await lost.open(recordingSpec('parts'));
    const zeroAt = Date.now();
    await write(first.folder, { zeroAt });
    lost.close();
    const recordings = await begin({ shared: true });
    const second = await recordings.open(recordingSpec('parts', { part: 2 }));
    await write(second.folder, { zeroAt: zeroAt + 5_000 });
    await until(async () => {
      const beat = await readdir(join(folder, '.work'));
      return beat.length > 0 && Date.now() - zeroAt > 1_500;
    });
    const done = await recordings.finish(second.folder, 'stopped');
    assert.deepEqual(
      done.files.map(({ name }) => name),
      ['room/parts.mkv'],
    );
    const file = join(folder, 'room/parts.mkv');
    assert.ok(Math.abs(Number((await probe(file)).format.duration) - 7) < 0.2);
    assert.deepEqual(await complaintsAbout(file), []);
    await recordings.concluded(5_000);
    assert.deepEqual(await workFolders(), []);
  });

  it('waits until it is clear that an earlier part was left just now, so that the parts are one', async () => {
    const lost = await begin({ shared: true });
    const first = await lost.open(recordingSpec('late'));
    const zeroAt = Date.now();
    await write(first.folder, { zeroAt });
    const recordings = await begin({ shared: true });
    const second = await recordings.open(recordingSpec('late', { part: 2 }));
    await write(second.folder, { zeroAt: zeroAt + 5_000 });
    lost.close();
    const { files } = await recordings.finish(second.folder, 'stopped');
    assert.deepEqual(
      files.map(({ name }) => name),
      ['room/late.mkv'],
    );
    const [listed] = await recordings.list({ limit: 1 });
    assert.deepEqual(listed?.files, files);
  });

  it('keeps what was written, as it is, when it cannot be finished', async () => {
    const recordings = await begin({}, { ffmpeg: () => Promise.resolve('/nonexistent/ffmpeg') });
    const { folder: work } = await recordings.open(recordingSpec('raw'));
    await write(work);
    // Another process went on after the first.
    await write(work);
    const done = await recordings.finish(work, 'stopped');
    assert.deepEqual(
      done.files.map(({ name }) => name),
      ['room/raw.mkv', 'room/raw.part-2.mkv'],
    );
    for (const { name } of done.files) assert.deepEqual(await complaintsAbout(join(folder, name)), []);
  });

  it('refuses when there is too little space, or the room has its share', async () => {
    const room = 'room' as RoomId;
    const tight = await begin({ min_free_mb: 1_000_000_000 });
    await assert.rejects(tight.admit(room), { code: 'resource_exhausted', message: /min_free_mb/ });
    const [told] = (await Promise.all([
      once(tight, 'full'),
      tight.open(recordingSpec('last')),
    ])) as unknown as [[undefined, string]];
    assert.deepEqual(told, [undefined, 'disk_full']);
    const shared = await begin({ room_quota_mb: 1 });
    await shared.admit(room);
    await mkdir(join(folder, 'room'), { recursive: true });
    await writeFile(join(folder, 'room/big.mkv'), Buffer.alloc(1_048_576));
    await assert.rejects(shared.admit(room), { code: 'resource_exhausted', message: /room_quota_mb/ });
    const over = once(shared, 'full');
    await shared.open(recordingSpec('over'));
    assert.deepEqual(await over, [room, 'quota']);
    await shared.admit('other' as RoomId);
  });

  it('starts the command of the user with the sidecar, again until it works, also after a restart', async () => {
    const script = join(folder, 'done.sh');
    await writeFile(script, `#!/bin/sh\necho "$1 $2" >> ${folder}/told\ntest -e ${folder}/open\n`);
    await chmod(script, 0o755);
    const config = { command: [script, 'word; $(no shell)'] };
    const first = await begin(config);
    const { folder: work } = await first.open(recordingSpec('told'));
    await write(work);
    await first.finish(work, 'stopped');
    const told = async () => (await readFile(join(folder, 'told'), 'utf8').catch(() => '')).split('\n');
    await until(async () => (await told()).length > 2, { timeoutMs: 10_000 });
    first.close();
    await writeFile(join(folder, 'open'), '');
    const second = await begin(config);
    await once(second, 'concluded');
    assert.equal((await told())[0], `word; $(no shell) ${join(folder, 'room/told.json')}`);
    assert.deepEqual(await workFolders(), []);
  });

  it('tells that it is ready, once it is, also after a restart', async () => {
    const heard: Ready[] = [];
    const announce = (ready: Ready) => {
      heard.push(ready);
      return Promise.resolve(heard.length > 1);
    };
    const first = await begin({}, { announce });
    const { folder: work } = await first.open(recordingSpec('news', { part: 1 }));
    await write(work);
    const done = await first.finish(work, 'quota');
    await first.concluded(5_000);
    first.close();
    const second = await begin({}, { announce });
    await once(second, 'concluded');
    assert.deepEqual(await workFolders(), []);
    const [one, again] = heard;
    assert.deepEqual(one, again);
    assert.deepEqual([one?.recording, one?.spec.origin], [done, { by: 'admin' }]);
  });

  describe('with S3-compatible storage', () => {
    let server: S3rver;
    let endpoint: string;
    let store: string;
    const keys = { access_key: 'S3RVER', secret_key: 'S3RVER' };

    beforeEach(async () => {
      store = await mkdtemp(join(tmpdir(), 'portico-s3-'));
      const options = { port: 0, address: '127.0.0.1', silent: true, directory: store };
      server = new S3rver({ ...options, configureBuckets: [{ name: 'meetings', configs: [] }] });
      const address = await server.run();
      endpoint = `http://127.0.0.1:${address.port}`;
    });
    afterEach(async () => {
      await server.close();
      await rm(store, { recursive: true });
    });

    it('uploads files and sidecar, and removes the local file when asked to', async () => {
      const s3 = { endpoint, bucket: 'meetings', prefix: 'calls/', ...keys, delete_local: true };
      const recordings = await begin({ s3 });
      const { folder: work } = await recordings.open(recordingSpec('up'));
      await write(work);
      const delivered = once(recordings, 'concluded');
      const done = await recordings.finish(work, 'stopped');
      await delivered;
      const client = new Client({
        ...{ endPoint: '127.0.0.1', port: Number(new URL(endpoint).port), useSSL: false },
        ...{ accessKey: 'S3RVER', secretKey: 'S3RVER', region: 'us-east-1' },
      });
      const { size } = await client.statObject('meetings', 'calls/room/up.mkv');
      assert.equal(size, done.bytes);
      await client.statObject('meetings', 'calls/room/up.json');
      const [listed] = await recordings.list({ limit: 1 });
      assert.equal(listed?.files[0]?.uploaded, 's3://meetings/calls/room/up.mkv');
      assert.deepEqual(await readdir(join(folder, 'room')), ['up.json']);
    });

    it('keeps the file, and says why, while the storage refuses it', async () => {
      const s3 = { endpoint, bucket: 'not-there', ...keys, delete_local: true };
      const recordings = await begin({ s3 });
      const { folder: work } = await recordings.open(recordingSpec('stays'));
      await write(work);
      await recordings.finish(work, 'stopped');
      const sidecar = await until(
        async () => {
          const text = await readFile(join(folder, 'room/stays.json'), 'utf8');
          return (JSON.parse(text) as { delivery: { error?: string } }).delivery.error;
        },
        { timeoutMs: 20_000 },
      );
      assert.match(sidecar, /not uploaded/);
      assert.deepEqual((await readdir(join(folder, 'room'))).toSorted(), ['stays.json', 'stays.mkv']);
    });
  });
});
