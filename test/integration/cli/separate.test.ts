import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { freePort } from '../../support/free-port.ts';
import { PorticoProcess } from '../../support/portico-process.ts';
import { sharedRabbit, startRabbit, type TestRabbit } from '../../support/rabbitmq.ts';
import { eventually } from './eventually.ts';

const secret = 'a-key-of-at-least-32-characters-for-tests';

describe('portico portal, conference and access', () => {
  const running: PorticoProcess[] = [];
  const start = (name: string, ...args: string[]): PorticoProcess => {
    const process = new PorticoProcess(name, [name, ...args]);
    running.push(process);
    return process;
  };
  afterEach(async () => {
    await Promise.all(running.splice(0).map((process) => process.stop()));
  });

  it('refuse to run without a bus, and say how to name one', async () => {
    const process = start('portal');
    assert.deepEqual(await process.exit(), { code: 2, signal: null });
    assert.match(process.text.join('\n'), /no bus is configured.*\n.*--bus amqp:/);
  });

  it('say of a portal without a key that it depends on the management API', async () => {
    const process = start('portal', '--bus', 'amqp://localhost:1', '--host', '0.0.0.0');
    const line = await process.line(({ msg }) => msg?.startsWith('[auth] names no service') === true);
    assert.match(line.msg ?? '', /management API/);
  });

  it('wait for a RabbitMQ that is not there, alive but not ready, and end with 0', async () => {
    const [closed, health] = [await freePort(), await freePort()];
    const process = start(
      'conference',
      '--bus',
      `amqp://u:hidden@127.0.0.1:${closed}`,
      '--set',
      `observe.port=${health}`,
    );
    const line = await process.line(({ msg }) => msg === 'RabbitMQ cannot be reached; trying on');
    assert.match(String(line['reason']), /ECONNREFUSED/);
    assert.equal((await fetch(`http://127.0.0.1:${health}/healthz`)).status, 200);
    const ready = await fetch(`http://127.0.0.1:${health}/readyz`);
    assert.equal(ready.status, 503);
    assert.deepEqual(await ready.json(), { ready: false, checks: { conference: 'connecting to the bus' } });
    assert.deepEqual(await process.stop(), { code: 0, signal: null });
    assert.doesNotMatch(process.text.join('\n'), /hidden/);
  });

  describe('over RabbitMQ', () => {
    let rabbit: Awaited<ReturnType<typeof sharedRabbit>>;
    let folder: string;
    let file: string;
    before(async () => {
      rabbit = await sharedRabbit();
      folder = await mkdtemp(join(tmpdir(), 'portico-cluster-'));
      file = join(folder, 'portico.toml');
      const prefix = `t${randomBytes(6).toString('hex')}`;
      await writeFile(
        file,
        `[bus]\nurl = "${rabbit.url}"\nprefix = "${prefix}"\n[access]\nport = 0\nworkers = 1\n` +
          `[[auth.services]]\nid = "tests"\nkey = "${secret}"\n`,
      );
    });
    after(async () => {
      await rabbit.stop();
      await rm(folder, { recursive: true });
    });

    it('make a portal ready together, and a portal without them is not', async () => {
      const port = await freePort();
      const checks = async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
        const { checks: outcomes } = (await answer.json()) as { checks: Record<string, string> };
        return { status: answer.status, outcomes };
      };
      await start('portal', '--config', file, '--port', String(port)).ready();
      const alone = await checks();
      assert.equal(alone.status, 503);
      assert.equal(alone.outcomes['portal.conference'], 'no conference agent is known');
      assert.equal(alone.outcomes['portal.access'], 'no access agent is known');

      const conference = await start('conference', '--config', file).ready();
      await start('access', '--config', file).ready();
      await eventually(async () => (await checks()).status === 200);

      assert.deepEqual(await conference.stop(), { code: 0, signal: null });
      await eventually(async () => (await checks()).status === 503);
    });
  });

  describe('with a RabbitMQ that hangs', () => {
    let rabbit: TestRabbit;
    before(async () => {
      rabbit = await startRabbit();
    });
    after(async () => {
      rabbit.resume();
      await rabbit.stop();
    });

    it('end at once at the second signal', async () => {
      const process = await start('conference', '--bus', rabbit.url, '--set', 'bus.heartbeat_s=60').ready();
      rabbit.suspend();
      process.kill('SIGTERM');
      await process.line(({ msg }) => msg === 'asked to end');
      process.kill('SIGTERM');
      assert.deepEqual(await process.exit(), { code: 1, signal: null });
    });
  });
});
