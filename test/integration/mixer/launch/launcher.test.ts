import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Child } from '../../../../mixer-agent/ffmpeg/launch/child.ts';
import { Launcher } from '../../../../mixer-agent/ffmpeg/launch/launcher.ts';
import { until } from '../../../support/until.ts';

/** Reads all that a child writes. */
async function textOf(pipe: Child['stdout']): Promise<string> {
  let text = '';
  pipe.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  pipe.resume();
  await once(pipe, 'end');
  return text;
}

const closed = (child: Child): Promise<unknown[]> =>
  new Promise((resolve) => {
    child.on('close', (...how) => {
      resolve(how);
    });
  });

describe('a launcher of processes', () => {
  let launcher: Launcher;
  before(async () => {
    launcher = await Launcher.create();
  });
  after(() => launcher.close());

  const shell = (script: string, niceness = 0): Child =>
    launcher.start({ file: '/bin/sh', args: ['-c', script], niceness });

  it('gives pipes that carry what goes in and comes out', async () => {
    const child = shell('cat; echo trouble >&2; exit 3');
    child.stdin.write('some ');
    child.stdin.end('words');
    const [out, err, how] = await Promise.all([textOf(child.stdout), textOf(child.stderr), closed(child)]);
    assert.deepEqual([out, err, how], ['some words', 'trouble\n', [3, null]]);
  });

  it('carries much, both ways, and nothing is lost', async () => {
    const child = launcher.start({ file: '/bin/cat', args: [], niceness: 0 });
    const block = Buffer.alloc(1_000_000, 'x');
    for (let count = 0; count < 20; count += 1) child.stdin.write(block);
    child.stdin.end();
    child.stderr.resume();
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
    child.stdout.resume();
    assert.deepEqual(await closed(child), [0, null]);
    assert.equal(bytes, 20_000_000);
  });

  it('gives each child pipes of its own, when many are started at once', async () => {
    const children = Array.from({ length: 20 }, (_none, index) => shell(`echo ${String(index)}`));
    const texts = await Promise.all(
      children.map(async (child) => {
        child.stderr.resume();
        const [text] = await Promise.all([textOf(child.stdout), closed(child)]);
        return text.trim();
      }),
    );
    assert.deepEqual(
      texts,
      children.map((_child, index) => String(index)),
    );
  });

  it('ends a child, also one that does not run yet', async () => {
    const child = launcher.start({ file: '/bin/sleep', args: ['100'], niceness: 0 });
    child.kill('SIGKILL');
    child.stdout.resume();
    child.stderr.resume();
    assert.deepEqual(await closed(child), [null, 'SIGKILL']);
  });

  it('lets a child stand back', async () => {
    const child = shell('read line; nice', 7);
    // It runs for a moment before it is told.
    await until(() => child.pid !== undefined);
    child.stdin.end('\n');
    child.stderr.resume();
    const [text] = await Promise.all([textOf(child.stdout), closed(child)]);
    assert.equal(text.trim(), '7');
  });

  it('says when there is no such program', async () => {
    const child = launcher.start({ file: '/nowhere/ffmpeg', args: [], niceness: 0 });
    const failed = new Promise((resolve) => child.on('error', resolve));
    const [error] = await Promise.all([failed, closed(child)]);
    assert.match(String(error), /ENOENT/);
    assert.equal(child.pid, undefined);
  });

  it('leaves nothing open', async () => {
    const open = () => readFileSync('/proc/self/net/unix', 'utf8').split('\n').length;
    const before = open();
    for (let count = 0; count < 10; count += 1) {
      const child = shell('exit 0');
      child.stdout.resume();
      child.stderr.resume();
      await closed(child);
    }
    assert.ok(open() < before + 20, `${open()} sockets, before ${before}`);
  });
});
