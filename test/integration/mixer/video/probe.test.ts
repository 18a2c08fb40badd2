import { strict as assert } from 'node:assert';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeFfmpeg } from '../../../../mixer-agent/ffmpeg/probe.ts';

describe('probe of FFmpeg', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-probe-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function script(text: string): Promise<string> {
    const file = join(folder, `ffmpeg-${Math.random()}`);
    await writeFile(file, `#!/bin/sh\n${text}\n`);
    await chmod(file, 0o755);
    return file;
  }

  it('accepts the one that is installed', async () => {
    assert.equal(await probeFfmpeg('ffmpeg'), undefined);
  });

  it('refuses one that lacks something, naming it', async () => {
    const file = await script('ffmpeg "$@" | grep -v "libx264 \\|crop"');
    assert.equal(await probeFfmpeg(file), 'lacks libx264, crop');
  });

  it('refuses one that only claims to encode', async () => {
    const file = await script(
      'case "$*" in *coders*|*filters*) exec ffmpeg "$@";; *) echo no such codec >&2; exit 1;; esac',
    );
    assert.match((await probeFfmpeg(file)) ?? '', /^fails with vp8 \(ended with code 1: no such codec\)$/);
  });

  it('refuses one that gives no key frames on request', async () => {
    const file = await script('exec ffmpeg $(echo "$*" | sed "s/-force_key_frames expr:[^ ]*//")');
    assert.equal(await probeFfmpeg(file), 'gives no vp8 key frames on request');
  });

  it('refuses what is no program', async () => {
    assert.match((await probeFfmpeg('/nowhere/ffmpeg')) ?? '', /does not work \(.*ENOENT/);
  });
});
