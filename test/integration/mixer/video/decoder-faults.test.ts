import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { EncodedPicture } from '../../../../mixer-agent/mix/media.ts';
import { until } from '../../../support/until.ts';
import { clipOf } from './clip.ts';
import { closeTiles, Tile } from './tile.ts';

const source = 'testsrc2=s=320x180:r=25';

/** A live source at a low rate: begins anew with a key frame when one is asked for. */
function play(tile: Tile, clip: readonly EncodedPicture[]): { sent: number[]; stop: () => void } {
  const sent: number[] = [];
  let next = 0;
  let answered = tile.keyFrameRequests;
  const timer = setInterval(() => {
    if (tile.keyFrameRequests > answered) next = 0;
    answered = tile.keyFrameRequests;
    const captureMs = 10_000 + 20 * sent.length;
    tile.decoder.decode({ ...clip[next % clip.length]!, captureMs });
    sent.push(captureMs);
    next += 1;
  }, 20);
  return {
    sent,
    stop: () => {
      clearInterval(timer);
    },
  };
}

const gone = (pids: readonly number[]) => pids.every((pid) => !existsSync(`/proc/${pid}`));

describe('decoder of a tile in trouble', () => {
  let clip: EncodedPicture[];
  let stop: () => void;

  before(async () => {
    clip = await clipOf({ codec: 'vp8', source, frames: 100, keyInterval: 1000 });
  });
  beforeEach(() => {
    stop = () => undefined;
  });
  afterEach(async () => {
    stop();
    await closeTiles();
  });

  async function playing(): Promise<{ tile: Tile; sent: number[] }> {
    const tile = new Tile();
    const player = play(tile, clip);
    stop = player.stop;
    await until(() => tile.pictures.length > 3, { timeoutMs: 15_000 });
    return { tile, sent: player.sent };
  }

  it('changes its size without leaving out or repeating a picture', async () => {
    const { tile, sent } = await playing();
    const pids = tile.decoder.pids;
    tile.decoder.resize({ width: 320, height: 240 });
    await until(() => tile.pictures.at(-1)?.width === 320, { timeoutMs: 15_000 });
    const until10 = tile.pictures.length + 10;
    await until(() => tile.pictures.length > until10);
    stop();
    assert.deepEqual(tile.times, sent.slice(0, tile.times.length));
    const widths = tile.pictures.map(({ width }) => width);
    assert.deepEqual(
      widths,
      widths.toSorted((one, other) => one - other),
    );
    assert.equal(tile.decoder.restarts, 0);
    await until(() => gone(pids));
  });

  it('goes on at a key frame when its process is killed', async () => {
    const { tile } = await playing();
    const asked = tile.keyFrameRequests;
    const before = tile.pictures.length;
    for (const pid of tile.decoder.pids) process.kill(pid, 'SIGKILL');
    await until(() => tile.pictures.length > before + 10, { timeoutMs: 15_000 });
    assert.equal(tile.decoder.restarts, 1);
    assert.ok(tile.keyFrameRequests > asked);
  });

  it('starts another process when one hangs, and does not queue for it', async () => {
    const { tile } = await playing();
    const pids = tile.decoder.pids;
    const before = tile.pictures.length;
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await until(() => tile.pictures.length > before + 10, { timeoutMs: 20_000 });
    assert.equal(tile.decoder.restarts, 1);
    assert.ok(gone(pids));
  });

  it('asks for a key frame when it gets garbage, and shows the source again after it', async () => {
    const { tile } = await playing();
    stop();
    const asked = tile.keyFrameRequests;
    for (let nth = 0; nth < 20; nth += 1)
      tile.decoder.decode({ codec: 'vp8', data: randomBytes(500), key: nth % 7 === 0, captureMs: nth });
    await until(() => tile.keyFrameRequests > asked);
    const before = tile.pictures.length;
    const player = play(tile, clip);
    stop = player.stop;
    await until(() => tile.times.slice(before).some((time) => player.sent.includes(time)), {
      timeoutMs: 20_000,
    });
  });

  it('waits for a key frame at the beginning', () => {
    const tile = new Tile();
    tile.decoder.decode(clip[1]!);
    assert.equal(tile.keyFrameRequests, 1);
  });

  it('leaves no process behind', async () => {
    const { tile } = await playing();
    tile.decoder.resize({ width: 64, height: 64 });
    const pids = tile.decoder.pids;
    stop();
    await tile.decoder.close();
    assert.ok(gone(pids));
  });

  it('survives an FFmpeg that does not exist', async () => {
    const tile = new Tile({ ffmpeg: '/nowhere/ffmpeg' });
    tile.decoder.decode(clip[0]!);
    await until(() => tile.decoder.restarts === 1);
    tile.decoder.decode(clip[0]!);
  });
});
