import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSingle } from '../../support/deployment.ts';
import { useDeployment } from '../../support/fixture.ts';
import { portico, type Outcome } from '../../support/portico-command.ts';
import { freePort } from '../../support/free-port.ts';
import { SignalClient } from '../../support/signal-client.ts';
import { until } from '../../support/until.ts';

describe('the command line and a running server', function () {
  this.timeout(60_000);
  const running = useDeployment(() => startSingle());
  let env: Record<string, string>;
  before(async () => {
    const { url, service, key } = await running().management();
    env = { PORTICO_URL: url, PORTICO_SERVICE: service, PORTICO_KEY: key };
  });
  const run = (...words: string[]): Promise<Outcome> => portico(words, env);
  const says = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await run(...words);
    assert.equal(code, 0, err);
    return out;
  };

  it('makes, shows, changes, lists and deletes a room', async () => {
    const id = await says('room', 'create', 'Weekly meeting', '--participants', '5');
    assert.match(id, /^[0-9a-f]{24}$/);
    assert.match(await says('room', 'get', id), /name +Weekly meeting\nparticipant limit +5\n/);
    assert.match(
      await says('room', 'update', id, '--name', 'Monthly'),
      /Changed, in effect when the room starts next\.$/,
    );
    assert.match(await says('room', 'list'), new RegExp(`${id} +Monthly +0 +0 +-`));
    const json = JSON.parse(await says('room', 'get', id, '--json')) as {
      name: string;
      participantLimit: number;
    };
    assert.deepEqual([json.name, json.participantLimit], ['Monthly', 5]);
    assert.equal(await says('room', 'delete', id), `Room ${id} deleted.`);
    const { code, err } = await run('room', 'get', id);
    assert.deepEqual([code, err], [1, 'portico: Room not found']);
    assert.match(await says('audit'), /room\.delete/);
  });

  it('sees and removes people, and revokes what they have', async () => {
    const id = await says('room', 'create', 'people', '--id', 'people');
    const token = await running().token({ room: id, user: 'alice' });
    const alice = await SignalClient.join(running().url, token);
    assert.match(await says('participant', 'list', id), /alice +presenter +both +both +ok/);
    const participant = alice.login?.id ?? '';
    assert.match(
      await says('participant', 'permit', id, participant, '--publish', 'audio'),
      /alice +presenter +audio +both/,
    );
    assert.match(await says('room', 'list'), /people +people +1 /);
    assert.equal(
      await says('participant', 'drop', id, participant),
      `Participant ${participant} was removed.`,
    );
    await until(() => alice.received.some(({ name }) => name === 'drop'));
    assert.equal(await says('participant', 'list', id), 'Nobody is in the room.');
    const spare = await SignalClient.join(running().url, await running().token({ room: id, user: 'bob' }));
    assert.equal(
      await says('token', 'revoke', '--user', 'bob', '--room', id),
      'Revoked; 1 people were removed.',
    );
    alice.close();
    spare.close();
  });

  it('lists the processes', async () => {
    const out = await says('nodes');
    for (const role of ['access', 'api', 'conference', 'portal'])
      assert.match(out, new RegExp(`^${role} +${role}-`, 'm'));
  });

  it('makes a service with a key that works, and deletes it', async () => {
    const out = await says('service', 'create', 'shop');
    const [, id = '', key = ''] = /^id +(\S+)\nkey +(\S+)$/.exec(out) ?? [];
    const own = { ...env, PORTICO_SERVICE: id, PORTICO_KEY: key };
    assert.match((await portico(['room', 'create', 'shop room'], own)).out, /^[0-9a-f]{24}$/);
    assert.match((await portico(['nodes'], own)).err, /super service/);
    assert.match(await says('service', 'list'), /dev +dev +in the configuration/);
    await says('service', 'delete', id);
    const { code, err } = await portico(['room', 'list'], own);
    assert.equal(code, 1);
    assert.match(err, /PORTICO_KEY=\.\.\. --service <id>/);
  });

  describe('and webhooks', () => {
    let receiver: Server;
    let status: number;
    before(async () => {
      receiver = createServer((request, answer) => {
        request.resume();
        answer.writeHead(status).end();
      });
      receiver.listen(0, '127.0.0.1');
      await once(receiver, 'listening');
    });
    after(() => {
      receiver.closeAllConnections();
      receiver.close();
    });

    it('makes one, tests it and deletes it', async () => {
      const { port } = receiver.address() as AddressInfo;
      const id = await says('webhook', 'create', `http://127.0.0.1:${port}/`, '--events', 'room_started');
      assert.match(
        await says('webhook', 'list'),
        new RegExp(`${id} +http://127.0.0.1:${port}/ +room_started +yes`),
      );
      status = 204;
      assert.match(await says('webhook', 'test', id), /^Delivered: status 204, \d+ ms$/);
      status = 500;
      const { code, out, err } = await run('webhook', 'test', id);
      assert.equal(code, 1);
      assert.match(out, /^Not delivered: /);
      assert.match(err, /did not take it/);
      await says('webhook', 'delete', id);
      assert.equal(await says('webhook', 'list'), 'No webhooks.');
      assert.match(await says('webhook', 'deliveries', '--state', 'dead'), /^No deliveries\./);
    });
  });

  it('explains a server that is not there, a wrong key and a bad URL', async () => {
    const closed = `http://127.0.0.1:${await freePort()}`;
    assert.match(
      (await run('nodes', '--url', closed)).err,
      /cannot be reached.*ECONNREFUSED[^]*Is the server running\?/,
    );
    const wrong = await portico(['nodes'], { ...env, PORTICO_KEY: 'x'.repeat(40) });
    assert.match(wrong.err, /Another service or key/);
    assert.equal((await run('nodes', '--url', 'example.com')).code, 2);
  });

  it('finds nothing wrong with this machine', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portico-doctor-'));
    try {
      const { code, out, err } = await portico(['doctor', '--port', String(await freePort())], {
        PORTICO_DATA_DIR: folder,
        PORTICO_ACCESS_PORT: '0',
      });
      assert.equal(code, 0, `${out}\n${err}`);
      for (const name of [
        'Node',
        'media worker',
        'RabbitMQ',
        'ports',
        'announced address',
        'data folder',
        'disk',
        'database',
        'clock',
      ]) {
        assert.match(out, new RegExp(`^(ok|WARN) +${name} `, 'm'));
      }
      const bad = await portico(['doctor', '--bus', `amqp://127.0.0.1:${await freePort()}`], {
        PORTICO_DATA_DIR: folder,
      });
      assert.equal(bad.code, 1);
      assert.match(bad.out, /FAIL +RabbitMQ +amqp:[^]*Start it/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
