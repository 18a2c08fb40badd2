import assert from 'node:assert/strict';
import { describe as describeError, Failure } from '../../../setup/failure.mjs';
import { onceInAWhile } from '../../../setup/launch.mjs';
import { needsOf } from '../../../setup/needs.mjs';
import { createProgress } from '../../../setup/progress.mjs';

describe('setup: what runs and what is shown', () => {
  it('brings each command what it needs, and nothing for help', () => {
    assert.deepEqual(needsOf('start', []), { worker: true, ffmpeg: 'wanted', client: true, tests: false });
    assert.deepEqual(needsOf('test', ['--grep', 'x']), {
      worker: true,
      ffmpeg: 'required',
      client: true,
      tests: true,
    });
    assert.equal(needsOf('portico', ['mixer']).ffmpeg, 'required');
    assert.equal(needsOf('portico', ['portal', '--config', 'x']).worker, false);
    assert.equal(needsOf('portico', ['--json', 'token', 'create']).client, false);
    assert.equal(needsOf('portico', ['access', '--help']).worker, false);
    assert.equal(needsOf('start', ['--help']).worker, false);
  });

  it('forwards a signal once, again when a person repeats it, and each kind by itself', () => {
    let time = 0;
    const seen: string[] = [];
    const forward = onceInAWhile(
      (signal: string) => seen.push(signal),
      () => time,
    );
    forward('SIGINT');
    forward('SIGINT');
    forward('SIGTERM');
    assert.deepEqual(seen, ['SIGINT', 'SIGTERM']);
    time = 2_000;
    forward('SIGINT');
    assert.deepEqual(seen, ['SIGINT', 'SIGTERM', 'SIGINT']);
  });

  it('shows an expected failure as what, why and fix, without a stack', () => {
    const text = describeError(
      new Failure({ what: 'no worker', why: 'first\nsecond', fix: ['do:', '  this'] }),
    );
    assert.equal(text, '\nportico: no worker\n  Why: first\n       second\n  Fix: do:\n         this\n');
  });

  it('explains what the file system refuses, and admits what it does not know', () => {
    const refused = Object.assign(new Error('x'), { code: 'EACCES', path: '/cache/portico' });
    assert.match(describeError(refused), /cannot write \/cache\/portico[\s\S]*XDG_CACHE_HOME/);
    assert.match(describeError(new TypeError('odd')), /a defect, please report it[\s\S]*TypeError: odd/);
  });

  it('writes plain lines where there is no terminal, and one changing line where there is', () => {
    const lines: string[] = [];
    const stream = (isTTY: boolean) =>
      ({ isTTY, columns: 40, write: (text: string) => lines.push(text) }) as unknown as NodeJS.WriteStream;
    let time = 0;
    const step = createProgress({ stream: stream(false), now: () => time }).step('building');
    time = 61_400;
    step.done('built');
    assert.deepEqual(lines.splice(0), ['portico: building ...\n', 'portico: built (61 s)\n']);
    createProgress({ stream: stream(true), now: () => time })
      .step('building')
      .done('built');
    assert.equal(lines.join(''), '\r\x1b[2Kportico: building\r\x1b[2K\r\x1b[2Kportico: built (0 s)\n');
  });
});
