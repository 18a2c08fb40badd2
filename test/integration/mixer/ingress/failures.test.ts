import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { IngressState } from '../../../../common/contract/ingress.ts';
import { childrenOf, descendantsOf, isAlive } from '../../../support/processes.ts';
import { until } from '../../../support/until.ts';
import { fails } from '../../access/support/fails.ts';
import { IngressStage } from './support/ingress-stage.ts';
import { SourceFiles } from './support/source-files.ts';

const childFile = fileURLToPath(new URL('support/agent-child.ts', import.meta.url));

describe('failures while a stream is fetched', function () {
  this.timeout(60_000);
  let files: SourceFiles;
  let stage: IngressStage;
  let url: string;

  before(async () => {
    files = await SourceFiles.create();
    const made = await files.make({ name: 'a.mp4', video: 'h264', audio: 'aac', seconds: 4 });
    url = pathToFileURL(made).href;
  });
  after(async () => {
    await files.close();
  });
  beforeEach(async () => {
    stage = await IngressStage.create({ streaming: { input_folders: [files.folder] }, orphanMs: 300 });
  });
  afterEach(async () => {
    await stage.close();
  });

  const producers = ({ tracks }: IngressState) => tracks.map(({ producer }) => producer);

  it('goes on in another process after its own was killed, on the same lines of RTP', async () => {
    const before = await stage.apply(url, { loop: true });
    const viewer = await stage.view(before);
    const more = async (count: number) => {
      const from = { video: viewer.frames.length, audio: viewer.packets('audio').length };
      await until(
        () =>
          viewer.frames.length > from.video + count && viewer.packets('audio').length > from.audio + count,
        { what: 'media come', timeoutMs: 20_000 },
      );
    };
    /** Least time between what a packet stands for and its arrival, ms: one that was held up says nothing. */
    const transit = (kind: 'audio' | 'video', packets: ReturnType<typeof viewer.packets>) => {
      const first = viewer.packets(kind)[0]!;
      const rate = kind === 'audio' ? 48 : 90;
      return Math.min(
        ...packets.map(({ at, timestamp }) => at - first.at - ((timestamp - first.timestamp) >>> 0) / rate),
      );
    };
    await more(20);
    const counts = { video: viewer.packets('video').length, audio: viewer.packets('audio').length };
    const [pid = 0] = stage.ingresses.pids;
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid), { what: 'it is gone' });
    await more(40);
    assert.notEqual(stage.ingresses.pids[0], pid);
    assert.deepEqual(producers(stage.state!), producers(before));
    // Timestamps go on by the wall clock.
    for (const kind of ['audio', 'video'] as const) {
      assert.ok(Math.min(...viewer.steps(kind)) > 0);
      const packets = viewer.packets(kind);
      const moved =
        transit(kind, packets.slice(counts[kind])) - transit(kind, packets.slice(0, counts[kind]));
      assert.ok(Math.abs(moved) < 500, `the ${kind} is ${moved} ms off the clock`);
    }
  });

  it('connects again when the FFmpeg that fetches it, or one that decodes it, was killed', async () => {
    const before = await stage.apply(url, { loop: true });
    const viewer = await stage.view(before);
    for (let round = 0; round < 2; round += 1) {
      const children = childrenOf(stage.ingresses.pids[0] ?? 0);
      assert.ok(children.length >= 3, String(children));
      const victim = children[round === 0 ? 0 : 1] ?? 0;
      process.kill(victim, 'SIGKILL');
      const count = viewer.frames.length;
      await until(() => !isAlive(victim) && viewer.frames.length > count + 30, {
        what: 'pictures come again',
        timeoutMs: 20_000,
      });
    }
    assert.deepEqual(producers(stage.state!), producers(before));
    assert.equal(viewer.breaks('video'), 0);
  });

  it('goes on with other producers when the media worker dies', async () => {
    const before = await stage.apply(url, { loop: true });
    process.kill(stage.workers.workers[0]?.pid ?? 0, 'SIGKILL');
    const after = await stage.heard(
      'it is live again',
      (state) =>
        state.status === 'live' && state.tracks.length === 2 && producers(state)[0] !== producers(before)[0],
    );
    const viewer = await stage.view(after);
    await until(() => viewer.frames.length > 10, { what: 'pictures come', timeoutMs: 10_000 });
  });

  it('pauses its tracks, and begins to fetch something else, when it is told so', async () => {
    const state = await stage.apply(url, { loop: true });
    const viewer = await stage.view(state);
    await until(() => viewer.frames.length > 5, { what: 'pictures come', timeoutMs: 10_000 });
    const muted = await stage.apply(url, { loop: true, paused: { audio: false, video: true } });
    assert.deepEqual(
      muted.tracks.map(({ paused }) => paused),
      [false, true],
    );
    await until(() => viewer.consumer('video').producerPaused, { what: 'receivers hear of it' });
    const other = await files.make({ name: 'b.webm', video: 'vp8', audio: 'opus', seconds: 3 });
    const changed = await stage.apply(pathToFileURL(other).href, { loop: true });
    assert.equal(changed.status, 'live');
    assert.deepEqual(producers(changed), producers(state));
  });

  it('refuses an owner that was succeeded, and ignores an older spec', async () => {
    await stage.apply(url, { loop: true, revision: 100 });
    const { owner } = stage.owner;
    const { room } = stage.cluster;
    const state = await stage.apply(url, { loop: false, revision: 50 });
    assert.equal(state.revision, 100);
    await stage.ingresses.apply(room, { ...owner, epoch: owner.epoch + 1 }, stage.spec(url, { revision: 1 }));
    await assert.rejects(stage.apply(url), fails('stale_owner'));
    await assert.rejects(stage.end(), fails('stale_owner'));
  });

  it('ends when it is closed, with all its processes', async () => {
    await stage.apply(url, { loop: true });
    const [pid = 0] = stage.ingresses.pids;
    const all = [pid, ...descendantsOf(pid)];
    assert.ok(all.length >= 4);
    await stage.end();
    await until(() => all.every((one) => !isAlive(one)), { what: 'all are gone' });
    assert.equal(stage.ingresses.count, 0);
    assert.deepEqual(stage.ingresses.inventory(stage.cluster.room), []);
  });

  it('ends when nobody owns its room any more', async () => {
    await stage.apply(url, { loop: true });
    await stage.cluster.bus.close();
    await until(() => stage.ingresses.count === 0, { what: 'it was ended', timeoutMs: 15_000 });
  });

  it('leaves no process behind when its agent is killed', async () => {
    const child = fork(childFile, [files.folder, url]);
    await once(child, 'message');
    const all = descendantsOf(child.pid ?? 0);
    assert.ok(all.length >= 5, String(all));
    child.kill('SIGKILL');
    await until(() => !all.some((pid) => isAlive(pid)), { what: 'all are gone', timeoutMs: 4_000 });
  });

  it('leaves no FFmpeg behind that waits for a source when its process is killed', async () => {
    const { createServer } = await import('node:net');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const applying = stage.apply(`rtmp://127.0.0.1:${port}/live/silent`).catch(() => undefined);
    await once(server, 'connection');
    const [pid = 0] = stage.ingresses.pids;
    const children = childrenOf(pid);
    assert.ok(children.length >= 1);
    process.kill(pid, 'SIGKILL');
    await until(() => !children.some((one) => isAlive(one)), { what: 'it is gone', timeoutMs: 4_000 });
    await stage.end();
    await applying;
    server.close();
  });
});
