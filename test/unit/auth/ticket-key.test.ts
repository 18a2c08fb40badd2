import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTicketKey } from '../../../common/auth/ticket-key.ts';

describe('the key of reconnection tickets', () => {
  let folder = '';
  let dataDir = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-keys-'));
    dataDir = join(folder, 'data');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('is the configured one', async () => {
    const configured = 'configured: more than 32 characters of secret';
    const key = await loadTicketKey({ configured, dataDir });
    assert.equal(key.export().toString(), configured);
    await assert.rejects(stat(dataDir), 'nothing is written');
  });

  it('is made once otherwise, for its owner only, and outlives a restart', async () => {
    const all = await Promise.all(
      Array.from({ length: 5 }, () => loadTicketKey({ configured: '', dataDir })),
    );
    const later = await loadTicketKey({ configured: '', dataDir });
    for (const key of all) assert.ok(key.equals(later));
    assert.deepEqual(await readdir(dataDir), ['ticket.key']);
    const file = join(dataDir, 'ticket.key');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.match(await readFile(file, 'utf8'), /^[0-9a-f]{64}\n$/);
  });
});
