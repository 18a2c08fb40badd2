import assert from 'node:assert/strict';
import { buildProgram } from '../../../cli/program.ts';
import { exitCode } from '../../../cli/terminal.ts';
import { version } from '../../../cli/version.ts';
import { FakeTerminal } from '../../support/fake-terminal.ts';

/** Runs words as `portico` would. */
async function run(...words: string[]) {
  const terminal = new FakeTerminal();
  const code = await buildProgram(terminal).run(words);
  return { code, out: terminal.text, err: terminal.errors.join('\n') };
}

const commands = [
  [],
  ['start'],
  ['portal'],
  ['conference'],
  ['access'],
  ['config'],
  ['config', 'check'],
  ['config', 'show'],
  ['config', 'sample'],
  ['token'],
  ['token', 'create'],
  ['token', 'list'],
  ['token', 'revoke'],
  ['api'],
  ['room'],
  ...['list', 'get', 'create', 'update', 'delete'].map((verb) => ['room', verb]),
  ['participant'],
  ...['list', 'permit', 'drop'].map((verb) => ['participant', verb]),
  ['stream'],
  ...['list', 'stats', 'mute', 'unmute', 'end'].map((verb) => ['stream', verb]),
  ['webhook'],
  ...['list', 'create', 'delete', 'test', 'deliveries', 'retry'].map((verb) => ['webhook', verb]),
  ['service'],
  ...['list', 'create', 'delete'].map((verb) => ['service', verb]),
  ['mix'],
  ...['show', 'add', 'remove', 'layout', 'primary', 'place', 'follow'].map((verb) => ['mix', verb]),
  ...['list', 'start', 'stop'].flatMap((verb) => [
    ['record', verb],
    ['stream-out', verb],
  ]),
  ['nodes'],
  ['audit'],
  ['ports'],
  ['keys', 'generate'],
  ['doctor'],
];

describe('the command line', () => {
  for (const words of commands) {
    it(`explains '${['portico', ...words].join(' ')}'`, async () => {
      const { code, out } = await run(...words, '--help');
      assert.equal(code, exitCode.ok);
      assert.match(out, new RegExp(`^Usage: ${['portico', ...words].join(' ')}`));
    });
  }

  it('says its version', async () => {
    assert.deepEqual(await run('--version'), { code: exitCode.ok, out: version, err: '' });
  });

  it('suggests the command that was meant', async () => {
    const { code, err } = await run('stat');
    assert.equal(code, exitCode.usage);
    assert.match(err, /unknown command 'stat'\n\(Did you mean start\?\)/);
  });

  it('refuses an option that a command does not have', async () => {
    const { code, err } = await run('conference', '--dev');
    assert.equal(code, exitCode.usage);
    assert.match(err, /unknown option '--dev'/);
  });

  it('refuses a setting that is no assignment', async () => {
    const { code, err } = await run('config', 'check', '--set', 'server.port');
    assert.equal(code, exitCode.usage);
    assert.match(err, /section\.key=value/);
  });

  it('shows how to go on when nothing is said', async () => {
    const { code, err } = await run();
    assert.equal(code, exitCode.usage);
    assert.match(err, /Usage: portico/);
  });
});
