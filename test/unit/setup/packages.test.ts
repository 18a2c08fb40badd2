import assert from 'node:assert/strict';
import { explainNpm } from '../../../setup/npm.mjs';
import { isInstalled } from '../../../setup/packages.mjs';

const LOCK = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/b-darwin': { version: '2.0.0', integrity: 'sha512-b', optional: true },
  },
};

describe('setup: packages', () => {
  it('are complete when all locked versions are there; foreign platforms may be absent, others present', () => {
    const { 'node_modules/a': a } = LOCK.packages;
    assert.ok(isInstalled(LOCK, { packages: { 'node_modules/a': a } }));
    assert.ok(
      isInstalled(LOCK, { packages: { 'node_modules/a': a, 'node_modules/extra': { version: '1.0.0' } } }),
    );
  });

  it('are incomplete after an interrupted install, with another version or other content', () => {
    assert.ok(!isInstalled(LOCK, undefined));
    assert.ok(!isInstalled(undefined, LOCK));
    assert.ok(!isInstalled(LOCK, { packages: {} }));
    assert.ok(
      !isInstalled(LOCK, { packages: { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } } }),
    );
    assert.ok(
      !isInstalled(LOCK, { packages: { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' } } }),
    );
  });

  it('names the registry that cannot be reached', () => {
    const output =
      'npm error code ECONNREFUSED\nnpm error FetchError: request to http://127.0.0.1:9/vite failed';
    const { why, fix } = explainNpm(output, 'npm start');
    assert.equal(why, 'npm cannot reach http://127.0.0.1:9 (ECONNREFUSED).');
    assert.ok(fix.some((line) => line.includes('npm config set registry')));
    assert.ok(fix.at(-1)?.includes('npm start'));
  });

  it('explains a full disk and a folder of somebody else, and quotes npm otherwise', () => {
    assert.match(explainNpm('npm error code ENOSPC', 'npm start').why, /disk is full/);
    assert.match(explainNpm('npm error code EACCES', 'npm start').why, /cannot be written/);
    assert.match(
      explainNpm('npm http fetch GET 200 x\nnpm error odd', 'npm start').why,
      /^npm says:\nnpm error odd$/,
    );
  });
});
