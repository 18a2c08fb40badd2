import assert from 'node:assert/strict';
import { parse } from 'smol-toml';
import { buildProgram } from '../../../cli/program.ts';
import { loadConfig } from '../../../common/config/load.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeTerminal } from '../../support/fake-terminal.ts';

async function generated(...words: string[]): Promise<string> {
  const terminal = new FakeTerminal();
  await buildProgram(terminal).run(['keys', 'generate', ...words]);
  return terminal.text;
}

describe('portico keys generate', () => {
  it('prints what a configuration accepts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portico-keys-'));
    try {
      const file = join(folder, 'portico.toml');
      await writeFile(file, await generated('--service', 'shop'));
      const { auth, reconnection, database } = loadConfig({ file, env: {} });
      assert.equal(auth.services[0]?.id, 'shop');
      const keys = [auth.services[0].key, reconnection.ticket_key, database.key];
      assert.ok(keys.every((key) => /^[0-9a-f]{64}$/.test(key)));
      assert.equal(new Set(keys).size, 3);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('prints other keys each time, and JSON where asked', async () => {
    const [first, second] = [await generated('--json'), await generated('--json')];
    assert.notEqual(first, second);
    assert.deepEqual(Object.keys(JSON.parse(first) as object), Object.keys(parse(await generated())));
  });
});
