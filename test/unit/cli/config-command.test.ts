import assert from 'node:assert/strict';
import { parse } from 'smol-toml';
import { buildProgram } from '../../../cli/program.ts';
import { loadConfig } from '../../../common/config/load.ts';
import { ConfigError } from '../../../common/config/problems.ts';
import { Config } from '../../../common/config/schema.ts';
import { sampleToml } from '../../../common/config/sample.ts';
import { FakeTerminal } from '../../support/fake-terminal.ts';

async function run(terminal: FakeTerminal, ...words: string[]): Promise<string> {
  await buildProgram(terminal).run(words);
  return terminal.text;
}

describe('portico config', () => {
  it('prints the sample', async () => {
    assert.equal(`${await run(new FakeTerminal(), 'config', 'sample')}\n`, sampleToml());
  });

  it('shows a configuration that can be read again', async () => {
    const text = await run(new FakeTerminal(), 'config', 'show');
    assert.deepEqual(Config.parse(parse(text)), loadConfig());
  });

  it('shows values of variables and flags, flags winning, and no secret', async () => {
    const terminal = new FakeTerminal({ PORTICO_SERVER_PORT: '1', PORTICO_ICE_TURN_SECRET: 'hidden' });
    const text = await run(terminal, 'config', 'show', '--json', '--port', '2', '--set', 'access.workers=3');
    const shown = Config.parse(JSON.parse(text));
    assert.equal(shown.server.port, 2);
    assert.equal(shown.access.workers, 3);
    assert.equal(shown.ice.turn_secret, '********');
  });

  it('says that a configuration is valid', async () => {
    assert.equal(await run(new FakeTerminal(), 'config', 'check'), 'The configuration is valid.');
  });

  it('fails with the problems of one that is not, each with the flag or variable it came from', async () => {
    const terminal = new FakeTerminal({ PORTICO_BUS_HEARTBEAT_S: '0' });
    const words = ['config', 'check', '--port', 'x', '--set', 'ice.turn_ttl_s=0'];
    await assert.rejects(run(terminal, ...words), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.problems.map(({ source }) => source).sort(), [
        '--port',
        '--set ice.turn_ttl_s',
        'PORTICO_BUS_HEARTBEAT_S',
      ]);
      return true;
    });
  });
});
