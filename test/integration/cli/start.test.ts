import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { PorticoProcess } from '../../support/portico-process.ts';

const tokenRequest = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ room: 'demo', user: 'alice', role: 'presenter' }),
};

describe('portico start', () => {
  let folder: string;
  const running: PorticoProcess[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-start-'));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((process) => process.stop()));
    await rm(folder, { recursive: true });
  });

  /** Starts the command with free ports and a data folder of its own. */
  const start = (...flags: string[]): PorticoProcess => {
    const own = ['access.port=0', 'access.workers=1', `data_dir=${join(folder, 'data')}`];
    const process = new PorticoProcess('portico', [
      'start',
      ...own.flatMap((text) => ['--set', text]),
      ...flags,
    ]);
    running.push(process);
    return process;
  };

  it('prints the page, a link to join and the ports when it is ready, and ends with 0 on SIGTERM', async () => {
    const port = await freePort();
    const process = await start('--port', String(port)).ready();
    const page = await fetch(`http://127.0.0.1:${port}/readyz`);
    assert.equal(page.status, 200);
    assert.deepEqual(await process.stop(), { code: 0, signal: null });
    const text = process.text.join('\n');
    assert.ok(text.includes(`http://localhost:${port}/?room=demo`));
    assert.match(text, new RegExp(`${port} +TCP +page`));
    assert.match(text, /UDP, TCP +media/);
  });

  it('ends with 0 on SIGINT while it is still starting', async () => {
    const process = start('--port', '0');
    await process.line((line) => line.msg === 'service started');
    process.kill('SIGINT');
    assert.deepEqual(await process.exit(), { code: 0, signal: null });
  });

  it('gives the page tokens in dev mode, signed with a key that nobody else can read', async () => {
    const port = await freePort();
    await start('--port', String(port)).ready();
    const answer = await fetch(`http://127.0.0.1:${port}/sample/tokens`, tokenRequest);
    assert.equal(answer.status, 200);
    const [file = ''] = await readdir(join(folder, 'data'));
    assert.equal((await stat(join(folder, 'data', file))).mode & 0o777, 0o600);
  });

  const notDev: [why: string, flags: (file: string) => string[]][] = [
    ['with a configuration file', (file) => ['--config', file]],
    ['when others can reach it', () => ['--host', '0.0.0.0']],
  ];
  for (const [why, flags] of notDev) {
    it(`gives the page no tokens ${why}`, async () => {
      const file = join(folder, 'portico.toml');
      await writeFile(file, '[rooms]\nplacement = "spread"\n');
      const port = await freePort();
      const process = await start('--port', String(port), ...flags(file)).ready();
      const answer = await fetch(`http://127.0.0.1:${port}/sample/tokens`, tokenRequest);
      assert.equal(answer.status, 404);
      await process.stop();
      assert.match(process.text.join('\n'), /token create --room demo/);
    });
  }

  it('gives them, with a warning, when it is told to', async () => {
    const port = await freePort();
    const process = await start('--port', String(port), '--host', '0.0.0.0', '--dev').ready();
    const answer = await fetch(`http://127.0.0.1:${port}/sample/tokens`, tokenRequest);
    assert.equal(answer.status, 200);
    await process.stop();
    assert.match(process.text.join('\n'), /WARNING: dev mode/);
  });

  it('serves health and metrics on a port of their own when asked to', async () => {
    const port = await freePort();
    const process = await start('--port', String(port), '--set', 'observe.port=0').ready();
    const { healthPort } = await process.line((line) => line.msg === 'ready');
    const metrics = await fetch(`http://127.0.0.1:${String(healthPort)}/metrics`);
    assert.match(await metrics.text(), /^portico_bus_up\{service="access"\} 1$/m);
    assert.equal((await fetch(`http://127.0.0.1:${port}/metrics`)).status, 404);
  });

  describe('on a port that is taken', () => {
    let other: Server;
    before(async () => {
      other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
    });
    after((done) => {
      other.close(done);
    });

    it('says so, names the way out, and ends with 1', async () => {
      const address = other.address();
      assert.ok(typeof address === 'object' && address !== null);
      const process = start('--port', String(address.port));
      assert.deepEqual(await process.exit(), { code: 1, signal: null });
      const text = process.text.join('\n');
      assert.match(text, new RegExp(`Another program listens on 127.0.0.1:${address.port} already`));
      assert.match(text, /--port \d+/);
      assert.doesNotMatch(text, / {4}at /);
    });
  });

  it('lists what is wrong with the configuration and ends with 2', async () => {
    const process = start('--set', 'acces.port=1', '--port', 'http');
    assert.deepEqual(await process.exit(), { code: 2, signal: null });
    const text = process.text.join('\n');
    assert.match(text, /unknown key 'acces\.port': did you mean 'access\.port'\?/);
    assert.match(text, /--port: server\.port: expected integer from 0 to 65535, got "http"/);
  });
});
