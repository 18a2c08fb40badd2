import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../../cli/portico.mjs', import.meta.url));

/** Runs the entry of the command as if Node had another version. */
function runOnNode(version: string) {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const load = `data:text/javascript,${encodeURIComponent(pretend)}`;
  return spawnSync(process.execPath, ['--import', load, entry, '--version'], { encoding: 'utf8' });
}

describe('the entry of the command', () => {
  for (const version of ['18.20.0', '20.19.1', '22.17.1', '23.5.0']) {
    it(`tells Node ${version} that it is too old`, () => {
      const { status, stderr } = runOnNode(version);
      assert.equal(status, 1);
      assert.match(stderr, new RegExp(`Node ${version} is too old: 22.18 or newer is needed`));
    });
  }

  for (const version of ['22.18.0', '23.6.0', '24.0.0']) {
    it(`runs on Node ${version}`, () => {
      const { status, stdout } = runOnNode(version);
      assert.equal(status, 0);
      assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
    });
  }
});
