import { strict as assert } from 'node:assert';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PorticoError } from '../../../../common/contract/errors.ts';
import { findFfmpeg } from '../../../../mixer-agent/ffmpeg/find.ts';

describe('search for FFmpeg', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-find-'));
    await writeFile(join(folder, 'ffmpeg'), '');
    await chmod(join(folder, 'ffmpeg'), 0o755);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const works = () => Promise.resolve(undefined);

  it('prefers the configuration, then FFMPEG_BIN, then the PATH', async () => {
    const env = { FFMPEG_BIN: '/b/ffmpeg', PATH: `/nowhere:${folder}` };
    assert.equal((await findFfmpeg({ configured: '/a/ffmpeg', env }, works)).path, '/a/ffmpeg');
    assert.equal((await findFfmpeg({ configured: '', env }, works)).path, '/b/ffmpeg');
    const onPath = (path: string) => Promise.resolve(path.startsWith(folder) ? undefined : 'is another one');
    const { path, source } = await findFfmpeg({ configured: '', env: { PATH: env.PATH } }, onPath);
    assert.deepEqual({ path, source }, { path: join(folder, 'ffmpeg'), source: 'PATH' });
  });

  it('takes the first that passes and tells why others were refused', async () => {
    const env = { FFMPEG_BIN: '/b/ffmpeg', PATH: '' };
    const probe = (path: string) => Promise.resolve(path === '/a/ffmpeg' ? 'lacks libvpx' : undefined);
    const { path, refused } = await findFfmpeg({ configured: '/a/ffmpeg', env }, probe);
    assert.equal(path, '/b/ffmpeg');
    assert.deepEqual(refused, ['/a/ffmpeg (mixer.ffmpeg) lacks libvpx']);
  });

  it('names all places with a reason when none can be used', async () => {
    const probe = () => Promise.resolve('lacks libx264');
    await assert.rejects(
      findFfmpeg({ configured: '/a/ffmpeg', env: { PATH: '/nowhere' } }, probe),
      (error: unknown) => {
        assert.ok(error instanceof PorticoError);
        assert.equal(error.code, 'unavailable');
        assert.equal(error.details.field, 'mixer.ffmpeg');
        assert.match(error.message, /\/a\/ffmpeg \(mixer\.ffmpeg\) lacks libx264; FFMPEG_BIN is not set; /);
        assert.match(error.message, /ffmpeg-static/);
        assert.match(error.message, /PATH has no ffmpeg/);
        return true;
      },
    );
  });
});
