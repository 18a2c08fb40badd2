import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../setup/paths.mjs';
import { applyPatch, PATCHES } from '../../../setup/worker/build/patches.mjs';

const SOURCES = join(ROOT, 'node_modules/mediasoup/worker');

describe("setup: patches of the worker's sources", () => {
  it('replaces a text that is there once, and refuses any other count', () => {
    const patch = { file: 'f', find: 'a == b', replace: '(a & b) != 0' };
    assert.equal(applyPatch('if (a == b)', patch), 'if ((a & b) != 0)');
    assert.throws(() => applyPatch('nothing', patch), /fits 0 places/);
    assert.throws(() => applyPatch('a == b, a == b', patch), /fits 2 places/);
  });

  for (const patch of PATCHES) {
    it(`fits ${patch.file} of the installed mediasoup`, () => {
      assert.ok(existsSync(join(SOURCES, patch.file)));
      assert.ok(applyPatch(readFileSync(join(SOURCES, patch.file), 'utf8'), patch).includes(patch.replace));
    });
  }
});
