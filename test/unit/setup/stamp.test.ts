import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint, hashFiles, readStamp, sameStamp, writeStamp } from '../../../setup/stamp.mjs';

describe('setup: stamps', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'portico-stamp-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const write = (name: string, text: string) => {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  };

  it('gives back what was written, and nothing for a missing or damaged stamp', () => {
    assert.equal(readStamp(root, 'worker'), undefined);
    writeStamp(root, 'worker', { key: 'k', file: null });
    assert.deepEqual(readStamp(root, 'worker'), { key: 'k', file: null });
    write('node_modules/.portico/worker.json', '{"key":');
    assert.equal(readStamp(root, 'worker'), undefined);
  });

  it('goes away with node_modules', () => {
    writeStamp(root, 'client', 1);
    rmSync(join(root, 'node_modules'), { recursive: true });
    assert.equal(readStamp(root, 'client'), undefined);
  });

  it('compares content, not the order of keys; no stamp equals nothing', () => {
    assert.ok(sameStamp({ a: 1, b: { c: [1, 2], d: null } }, { b: { d: null, c: [1, 2] }, a: 1 }));
    assert.ok(!sameStamp({ a: [1, 2] }, { a: [2, 1] }));
    assert.ok(!sameStamp(undefined, undefined));
  });

  it('tells a changed or vanished file by size and time', () => {
    write('worker', 'abc');
    const file = join(root, 'worker');
    const before = fingerprint(file);
    assert.deepEqual(fingerprint(file), before);
    utimesSync(file, 1, 1);
    assert.notDeepEqual(fingerprint(file), before);
    assert.equal(fingerprint(join(root, 'gone')), undefined);
    assert.equal(fingerprint(root), undefined);
    assert.equal(fingerprint(undefined), undefined);
  });

  it('hashes names and contents, the same in a moved folder, without what is skipped', () => {
    write('one/client/a.ts', 'a');
    write('one/client/dist/out.js', 'built');
    write('two/client/a.ts', 'a');
    const hash = (name: string) =>
      hashFiles(
        join(root, name),
        [join(root, name, 'client'), join(root, name, 'missing')],
        (part) => part === 'dist',
      );
    assert.equal(hash('one'), hash('two'));
    write('two/client/a.ts', 'b');
    assert.notEqual(hash('one'), hash('two'));
    rmSync(join(root, 'two/client/a.ts'));
    write('two/client/b.ts', 'a');
    assert.notEqual(hash('one'), hash('two'));
  });
});
