import assert from 'node:assert/strict';
import { distribution, parseOsRelease, recipeHash, workerKey } from '../../../setup/worker/key.mjs';

const DEBIAN = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION_CODENAME=bookworm
# a comment
ID=debian
HOME_URL='https://www.debian.org/'
`;

const PARTS = {
  version: '3.27.1',
  platform: 'linux',
  arch: 'x64',
  release: 'debian-12',
  recipe: 'a'.repeat(64),
};

describe('setup: key of a cached worker', () => {
  it('reads os-release with any kind of quotes', () => {
    const found = parseOsRelease(DEBIAN);
    assert.equal(found['ID'], 'debian');
    assert.equal(found['VERSION_ID'], '12');
    assert.equal(found['HOME_URL'], 'https://www.debian.org/');
    assert.equal(Object.keys(found).length, 6);
  });

  it('names the distribution release, also where there is no release number', () => {
    assert.equal(distribution(parseOsRelease(DEBIAN)), 'debian-12');
    assert.equal(distribution({ ID: 'debian', VERSION_CODENAME: 'sid' }), 'debian-sid');
    assert.equal(distribution({ ID: 'arch', BUILD_ID: 'rolling' }), 'arch-rolling');
    assert.equal(distribution({}), 'linux-rolling');
  });

  it('changes with each part', () => {
    const changed = [
      { version: '3.27.2' },
      { platform: 'darwin' },
      { arch: 'arm64' },
      { release: 'debian-13' },
      { recipe: 'b'.repeat(64) },
    ].map((part) => workerKey({ ...PARTS, ...part }));
    assert.equal(new Set([...changed, workerKey(PARTS)]).size, 6);
  });

  it('is a file name whatever the distribution calls itself', () => {
    assert.match(workerKey({ ...PARTS, release: '../odd name' }), /^[\w.-]+$/);
    assert.ok(!workerKey({ ...PARTS, release: '../odd name' }).includes('/'));
  });

  it('hashes the recipe the same way each time', () => {
    assert.match(recipeHash(), /^[0-9a-f]{64}$/);
    assert.equal(recipeHash(), recipeHash());
  });
});
