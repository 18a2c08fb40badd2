import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type LoadOptions } from '../../../common/config/load.ts';
import { ConfigError } from '../../../common/config/problems.ts';

describe('loading the configuration', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'portico-config-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const write = (text: string, name = 'portico.toml'): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  /** Problems without the folder, so that they can be compared. */
  const problemsOf = (options: LoadOptions): string[] => {
    try {
      loadConfig(options);
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.problems.map(({ source, message }) => `${source.replace(`${folder}/`, '')}: ${message}`);
    }
    return [];
  };

  it('gives every key its default when nothing is configured', () => {
    const config = loadConfig();
    assert.equal(config.server.port, 8080);
    assert.equal(config.server.host, '127.0.0.1');
    assert.equal(config.observe.port, null);
    assert.equal(config.rooms.default.roles.length, 4);
  });

  it('lets variables override the file, and flags override variables', () => {
    const file = write('[server]\nport = 1\nhost = "0.0.0.0"\npublic_url = "https://file.example.com"\n');
    const config = loadConfig({
      file,
      env: { PORTICO_SERVER_PORT: '2', PORTICO_SERVER_HOST: '::1' },
      overrides: [{ path: 'server.port', text: '3', source: '--port' }],
    });
    assert.deepEqual(
      [config.server.port, config.server.host, config.server.public_url],
      [3, '::1', 'https://file.example.com'],
    );
  });

  it('is frozen to its leaves', () => {
    const config = loadConfig();
    assert.throws(() => {
      config.server.port = 1;
    }, TypeError);
    assert.throws(() => config.rooms.default.roles.pop(), TypeError);
  });

  it('reads numbers, yes and no, lists and tables from variables', () => {
    const config = loadConfig({
      env: {
        PORTICO_ROOMS_ONLY_CONFIGURED: 'true',
        PORTICO_ICE_STUN: 'stun:a.example.com, stun:b.example.com',
        PORTICO_ACCESS_PIPE_PORTS: '50000,50999',
        PORTICO_ROOMS_ROOM: '[{"id": "board", "participant_limit": 3}]',
        PORTICO_SERVER_CORS: '["https://a.example.com"]',
        PORTICO_OBSERVE_PORT: '',
      },
    });
    assert.equal(config.rooms.only_configured, true);
    assert.deepEqual(config.ice.stun, ['stun:a.example.com', 'stun:b.example.com']);
    assert.deepEqual(config.access.pipe_ports, [50_000, 50_999]);
    assert.equal(config.rooms.room[0]?.participant_limit, 3);
    assert.deepEqual(config.server.cors, ['https://a.example.com']);
    assert.equal(config.observe.port, null);
  });

  it('reads a secret from the file that a _FILE variable names', () => {
    const secret = write('top secret\n', 'turn');
    const config = loadConfig({ env: { PORTICO_ICE_TURN_SECRET_FILE: secret } });
    assert.equal(config.ice.turn_secret, 'top secret');
  });

  it('refuses a variable that is given both as a value and as a file', () => {
    const secret = write('top secret\n', 'turn');
    const env = { PORTICO_ICE_TURN_SECRET_FILE: secret, PORTICO_ICE_TURN_SECRET: 'other' };
    assert.deepEqual(problemsOf({ env }), [
      'PORTICO_ICE_TURN_SECRET_FILE: PORTICO_ICE_TURN_SECRET is set, too: keep one of them',
    ]);
  });

  it('suggests the section that was meant', () => {
    const file = write('[acces]\nport = 44000\nworkers = 2\n');
    assert.deepEqual(problemsOf({ file }), [
      "portico.toml: unknown key 'acces.port': did you mean 'access.port'?",
      "portico.toml: unknown key 'acces.workers': did you mean 'access.workers'?",
    ]);
  });

  it('suggests the right section for a key in the wrong one', () => {
    const file = write('[server]\nheartbeat_s = 2\n');
    assert.deepEqual(problemsOf({ file }), [
      "portico.toml: unknown key 'server.heartbeat_s': did you mean 'bus.heartbeat_s'?",
    ]);
  });

  it('suggests keys inside lists of tables, at their place', () => {
    const file = write('[[rooms.room]]\nid = "a"\n[[rooms.room]]\nid = "b"\nparticipant_limt = 3\n');
    assert.deepEqual(problemsOf({ file }), [
      "portico.toml: unknown key 'rooms.room[1].participant_limt': did you mean 'rooms.room[1].participant_limit'?",
    ]);
  });

  it('suggests nothing for a key that resembles none', () => {
    assert.deepEqual(problemsOf({ file: write('zzzzzzzzzz = 1\n') }), [
      "portico.toml: unknown key 'zzzzzzzzzz'",
    ]);
  });

  it('lists every problem with its place, its key and what was expected', () => {
    const file = write('[server]\nport = "x"\n[observe]\nlog_level = "loud"\n[access]\nworkers = 1.5\n');
    const problems = problemsOf({
      file,
      env: { PORTICO_BUS_HEARTBEAT_S: '90' },
      overrides: [{ path: 'acess.port', text: '1', source: '--set acess.port' }],
    });
    assert.deepEqual(problems.sort(), [
      "--set acess.port: unknown key 'acess.port': did you mean 'access.port'?",
      'PORTICO_BUS_HEARTBEAT_S: bus.heartbeat_s: expected integer from 1 to 60, got 90',
      'portico.toml: access.workers: expected integer, at least 0, got 1.5',
      'portico.toml: observe.log_level: expected one of "trace", "debug", "info", "warn", "error", "fatal", got "loud"',
      'portico.toml: server.port: expected integer from 0 to 65535, got "x"',
    ]);
  });

  it('says where a file is no TOML', () => {
    assert.match(
      problemsOf({ file: write('[server]\nport = \n') })[0] ?? '',
      /^portico.toml:2:\d+: not valid TOML/,
    );
  });

  it('says that a file is missing', () => {
    assert.deepEqual(problemsOf({ file: join(folder, 'none.toml') }), [
      'none.toml: cannot be read: there is no such file',
    ]);
  });

  it('complains about a section that is no table, whatever else overrides a key of it', () => {
    const file = write('server = 3\n');
    assert.deepEqual(problemsOf({ file, env: { PORTICO_SERVER_PORT: '1' } }), [
      'portico.toml: server: expected table, got 3',
    ]);
  });

  it('never shows a secret that is wrong', () => {
    const file = write(
      '[[auth.services]]\nid = "a"\nkey = "too-short"\n[bus]\nurl = "http://u:hidden@host"\n',
    );
    const text = problemsOf({ file }).join('\n');
    assert.match(text, /auth\.services\[0\]\.key: expected text of at least 32 characters/);
    assert.doesNotMatch(text, /too-short|hidden/);
  });

  it('refuses variables that were meant for it and ignores those that were not', () => {
    const env = {
      PORTICO_SERVER_PROT: '1',
      PORTICO_SERVER_BACKGROUND: 'red',
      PROTICO_SERVER_PORT: '1',
      PORTICO_SERVICE_HOST: '10.0.0.1',
      PORTICO_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      PORTICO_TEST_RABBITMQ_URL: 'amqp://localhost',
    };
    assert.deepEqual(problemsOf({ env }), [
      'PORTICO_SERVER_PROT: unknown variable: did you mean PORTICO_SERVER_PORT?',
      'PORTICO_SERVER_BACKGROUND: unknown variable of section [server]',
    ]);
  });

  it('refuses to set a section, or one element of a list, by a flag', () => {
    const set = (path: string) => ({ path, text: '1', source: `--set ${path}` });
    assert.deepEqual(problemsOf({ overrides: [set('server'), set('auth.services[].id')] }), [
      "--set server: 'server' is a section: name one of its keys",
      '--set auth.services[].id: elements of lists cannot be set one by one: give the whole list as JSON',
    ]);
  });
});
