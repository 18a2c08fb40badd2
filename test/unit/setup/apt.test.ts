import assert from 'node:assert/strict';
import { aptProgress } from '../../../setup/apt.mjs';
import { missingTestPackages, TEST_PROGRAMS } from '../../../setup/testing.mjs';
import {
  parseDeb822Sources,
  parseOneLineSources,
  sourcePackageEntries,
} from '../../../setup/worker/build/apt-sources.mjs';

const DEB822 = `# comment
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
Enabled: no
URIs: http://unused.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://inline.example/debian
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINB
 -----END PGP PUBLIC KEY BLOCK-----
`;

const ONE_LINE = `
deb [arch=amd64 signed-by=/a.gpg,/b.gpg check-valid-until=no] http://mirror.example/debian bookworm main # note
# deb http://off.example/debian bookworm main
deb https://third.example/apt bookworm stable
deb https://other.example/apt cloud-bookworm main
`;

describe('setup: apt', () => {
  it('turns status lines into a percentage, and leaves other lines alone', () => {
    assert.equal(aptProgress('dlstatus:1:20.58:Retrieving file 1 of 9'), '20 % Retrieving file 1 of 9');
    assert.equal(
      aptProgress('pmstatus:libuv1:amd64:45.3:Unpacking libuv1 (amd64)'),
      '45 % Unpacking libuv1 (amd64)',
    );
    assert.equal(aptProgress('Reading package lists...'), undefined);
  });

  it('reads both formats of package sources', () => {
    const deb822 = parseDeb822Sources(DEB822);
    assert.equal(deb822.length, 2);
    assert.deepEqual(deb822[0]?.suites, ['bookworm', 'bookworm-updates']);
    assert.match(deb822[1]?.options['Signed-By'] ?? '', /BEGIN PGP[\s\S]*END PGP/);
    const lines = parseOneLineSources(ONE_LINE);
    assert.equal(lines.length, 3);
    assert.deepEqual(lines[0], {
      uris: ['http://mirror.example/debian'],
      suites: ['bookworm'],
      components: ['main'],
      options: { 'Signed-By': '/a.gpg /b.gpg', 'Check-Valid-Until': 'no' },
    });
  });

  it("names the distribution's own sources only, with their keys", () => {
    const text = sourcePackageEntries(
      [...parseDeb822Sources(DEB822), ...parseOneLineSources(ONE_LINE)],
      'bookworm',
    );
    assert.equal(text.match(/^Types: deb-src$/gm)?.length, 3);
    assert.match(text, /^Signed-By: \/usr\/share\/keyrings\/debian-archive-keyring\.gpg$/m);
    assert.ok(!/contrib|third\.example|other\.example|unused\.example/.test(text));
    assert.equal(sourcePackageEntries(parseOneLineSources(ONE_LINE), 'trixie'), '');
  });

  it('survives being read again, keys written out included', () => {
    const once = parseDeb822Sources(sourcePackageEntries(parseDeb822Sources(DEB822), 'bookworm'));
    assert.equal(once.length, 2);
    assert.match(once[1]?.options['Signed-By'] ?? '', /BEGIN PGP[\s\S]*END PGP/);
  });

  it('asks only for the test programs that are missing', () => {
    assert.deepEqual(
      missingTestPackages(() => true),
      [],
    );
    assert.deepEqual(
      missingTestPackages((program: string) => program !== 'turnserver'),
      ['coturn'],
    );
    assert.equal(missingTestPackages(() => false).length, TEST_PROGRAMS.length);
  });
});
