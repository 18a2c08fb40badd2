import assert from 'node:assert/strict';
import type { Bus } from '../../../common/bus/bus.ts';
import { RabbitBus } from '../../../common/bus/rabbit-bus.ts';
import { startRabbit, type TestRabbit } from '../../support/rabbitmq.ts';
import { Collector, gate, nextState, reaches, until, untilNot } from './harness.ts';
import { rabbitHarness, type RabbitHarness } from './rabbit-harness.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';

describe('RabbitMQ bus and its broker', () => {
  let broker: TestRabbit;
  before(async () => {
    broker = await startRabbit();
  });
  after(async () => {
    await broker.stop();
  });

  describe('that ends and comes back', () => {
    let caller: Bus;
    let server: Bus;
    beforeEach(async () => {
      const options = { url: broker.url, heartbeatSec: 1, prefix: 'restart' };
      [caller, server] = await Promise.all([RabbitBus.connect(options), RabbitBus.connect(options)]);
    });
    afterEach(async () => {
      await Promise.all([caller.close(), server.close()]);
    });

    /** Everything in use while the broker goes away; afterwards all must be as it was, but the claim. */
    const survives = async (interrupt: () => Promise<void>): Promise<void> => {
      const seen = new Collector<unknown>();
      const [started, finish] = [gate(), gate<string>()];
      const handled: unknown[] = [];
      await server.serve('restart.served', async (params) => {
        handled.push(params);
        if (params !== 'running') return params;
        started.open();
        return await finish.promise;
      });
      await server.subscribe('restart.*', seen.add);
      const claim = await server.claim('restart.claim');
      const running = caller.call('restart.served', 'x', 'running', { timeoutMs: 120_000 });
      await started.promise;
      const down = Promise.all([nextState(caller, 'connecting'), nextState(server, 'connecting')]);
      const interrupted = interrupt();
      await down;
      assert.equal(await claim.ended, 'lost');
      const held = caller.call('restart.served', 'x', 'held', { timeoutMs: 120_000 });
      finish.open('kept');
      await interrupted;
      assert.deepEqual(await Promise.all([running, held]), ['kept', 'held']);
      assert.deepEqual(handled, ['running', 'held']);
      await Promise.all([reaches(caller, 'up'), reaches(server, 'up')]);
      await caller.publish('restart.event', 'back');
      assert.deepEqual(await seen.atLeast(1), ['back']);
      await (await untilNot('taken', () => server.claim('restart.claim'))).release();
    };

    it('is survived when it stops in order', async () => {
      await survives(() => broker.restart());
    });

    it('is survived when it is killed', async () => {
      await survives(async () => {
        await broker.kill();
        await broker.start();
      });
    });

    it('is survived when it hangs', async () => {
      await survives(async () => {
        broker.suspend();
        await Promise.all([reaches(caller, 'connecting'), reaches(server, 'connecting')]);
        broker.resume();
      });
    });

    it('does not hold up closing when it hangs', async () => {
      await server.serve('restart.closing', () => Promise.resolve(1));
      broker.suspend();
      try {
        await Promise.all([server.close(), caller.close()]);
      } finally {
        broker.resume();
      }
    });
  });

  describe('that cannot be used', () => {
    const connecting = (url: string, connectTimeoutMs = 60_000): Promise<Bus> =>
      RabbitBus.connect({ url, heartbeatSec: 5, connectTimeoutMs });

    it('because of the password is told at once', async () => {
      const url = broker.url.replace('guest:guest', 'guest:wrong');
      await assert.rejects(connecting(url), { code: 'unavailable', message: /ACCESS_REFUSED|403/ });
    });

    it('because of the virtual host is told at once', async () => {
      await assert.rejects(connecting(`${broker.url}/nowhere`), { code: 'unavailable', message: /nowhere/ });
    });

    it('because nothing listens is told when the time is up', async () => {
      const proxy = await TcpProxy.listen(1);
      const url = `amqp://127.0.0.1:${proxy.port}`;
      await proxy.close();
      await assert.rejects(connecting(url, 1), { code: 'unavailable', message: /ECONNREFUSED/ });
    });

    it('yet is waited for', async () => {
      const proxy = await TcpProxy.listen(Number(new URL(broker.url).port));
      proxy.refuse();
      const bus = connecting(`amqp://127.0.0.1:${proxy.port}`);
      proxy.accept();
      await (await bus).close();
      await proxy.close();
    });
  });

  describe('with things of others on it', () => {
    let harness: RabbitHarness;
    beforeEach(async () => {
      harness = await rabbitHarness(broker.url);
    });
    afterEach(async () => {
      await harness.stop();
    });

    it('delivers foreign messages, which are dropped', async () => {
      const [caller, server] = await Promise.all([harness.connect(), harness.connect()]);
      const handled: unknown[] = [];
      await server.serve('foreign.address', (params) => Promise.resolve(handled.push(params)));
      const { raw, prefix } = harness;
      const bodies = [Buffer.alloc(0), Buffer.from([0xff, 0xfe, 0]), Buffer.alloc(2_000_000, 'x')];
      const properties = [
        {},
        { replyTo: 'nowhere', correlationId: 'x' },
        { replyTo: 'amq.rabbitmq.reply-to.g1h2', correlationId: 'x'.repeat(255) },
        { headers: { a: { b: [1] } }, contentType: 'text/plain', priority: 9, messageId: 'id', timestamp: 1 },
      ];
      for (const body of bodies) {
        for (const one of properties) raw.publish('', `${prefix}.foreign.address`, body, one);
      }
      await raw.checkExchange(`${prefix}.events`); // all of the above has reached the broker
      assert.equal(await caller.call('foreign.address', 'x', 'ours'), 1);
      assert.deepEqual(handled, ['ours']);
      assert.deepEqual([caller.state, server.state], ['up', 'up']);
    });

    it('gets its exchange back when somebody deletes it', async () => {
      const bus = await harness.connect();
      await harness.raw.deleteExchange(`${harness.prefix}.events`);
      await assert.rejects(bus.publish('gone.exchange', 1), { code: 'connection_lost' });
      await reaches(bus, 'up');
      await bus.publish('gone.exchange', 2);
    });

    it('serves again when the broker lets go of a former connection', async () => {
      const [caller, server] = await Promise.all([harness.connect(), harness.connect()]);
      const service = await server.serve('ghost.address', () => Promise.resolve('alive'));
      const claim = await server.claim('ghost.claim');
      const back = nextState(server, 'up');
      const vanish = harness.proxyOf(server).severClient();
      assert.equal(await claim.ended, 'lost');
      await back;
      await assert.rejects(server.claim('ghost.claim'), { code: 'taken' });
      await assert.rejects(caller.call('ghost.address', 'x', {}, { timeoutMs: 50 }), { code: 'timeout' });
      vanish();
      await (await untilNot('taken', () => server.claim('ghost.claim'))).release();
      await until(() => caller.probe('ghost.address'));
      assert.equal(await caller.call('ghost.address', 'x', {}), 'alive');
      await service.close();
      assert.equal(await caller.probe('ghost.address'), false);
    });
  });
});
