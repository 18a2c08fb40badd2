import assert from 'node:assert/strict';
import { compareVersions, parseVersion, PINNED_NODE, runsPortico } from '../../../setup/version.mjs';

describe('setup: versions', () => {
  it('reads versions with and without the v, ignoring what follows', () => {
    assert.deepEqual(parseVersion('v20.20.2'), [20, 20, 2]);
    assert.deepEqual(parseVersion('22.18.0-nightly'), [22, 18, 0]);
    assert.equal(parseVersion('next'), undefined);
  });

  it('compares by number, not by text', () => {
    assert.ok(compareVersions('22.9.0', '22.18.0') < 0);
    assert.ok(compareVersions('v22.18.1', '22.18.0') > 0);
    assert.equal(compareVersions('22.18.0', 'v22.18.0'), 0);
    assert.ok(compareVersions('nonsense', '0.0.0') < 0);
  });

  it('accepts exactly the releases that strip types without a flag', () => {
    const verdicts = ['18.19.0', '20.20.2', '22.17.1', '22.18.0', '23.5.0', '23.6.0', '24.0.0', 'x'].map(
      runsPortico,
    );
    assert.deepEqual(verdicts, [false, false, false, true, false, true, true, false]);
  });

  it('pins a release that runs Portico', () => {
    assert.ok(runsPortico(PINNED_NODE));
  });
});
