import assert from 'node:assert/strict';
import type { Bus } from '../../../common/bus/bus.ts';
import { type BrokerHarness, Collector, gate, nextState, reaches, until } from './harness.ts';

/** Broken connections, and the end. */
export function describeReconnects(harness: () => BrokerHarness): void {
  let caller: Bus;
  let server: Bus;
  beforeEach(async () => {
    [caller, server] = await Promise.all([harness().connect(), harness().connect()]);
  });
  afterEach(async () => {
    harness().recover();
    await Promise.all([caller.close(), server.close()]);
  });

  /** Breaks the connection of a bus and waits until it has another one. */
  const breakConnection = async (bus: Bus): Promise<void> => {
    const down = nextState(bus, 'connecting');
    harness().sever(bus);
    await down;
    await reaches(bus, 'up');
  };

  describe('broken connections', () => {
    it('are told and repaired', async () => {
      const states: string[] = [];
      const stop = caller.onState((state) => states.push(state));
      assert.equal(caller.state, 'up');
      await breakConnection(caller);
      await breakConnection(caller);
      stop();
      await breakConnection(caller);
      assert.deepEqual(states, ['connecting', 'up', 'connecting', 'up']);
    });

    it('leave what is served and subscribed as it was', async () => {
      const seen = new Collector<unknown>();
      await server.serve('re.served', (params) => Promise.resolve(params));
      await server.subscribe('re.*', seen.add);
      for (let round = 0; round < 3; round++) {
        await breakConnection(server);
        await until(() => caller.probe('re.served'));
        assert.equal(await caller.call('re.served', 'x', round), round);
        await caller.publish('re.event', round);
        await seen.atLeast(round + 1);
      }
      assert.deepEqual(seen.values, [0, 1, 2]);
    });

    it('do not bring back what was closed', async () => {
      const service = await server.serve('re.closed', () => Promise.resolve(1));
      await service.close();
      await breakConnection(server);
      assert.equal(await caller.probe('re.closed'), false);
    });

    it('of the caller do not fail its running calls, which are handled once', async () => {
      let handled = 0;
      const [started, finish] = [gate(), gate<string>()];
      await server.serve('re.running', async () => {
        handled++;
        started.open();
        return await finish.promise;
      });
      const answer = caller.call('re.running', 'x', {}, { timeoutMs: 30_000 });
      await started.promise;
      await breakConnection(caller);
      finish.open('once');
      assert.equal(await answer, 'once');
      assert.equal(handled, 1);
    });

    it('of the caller do not fail calls whose answer was lost', async () => {
      let handled = 0;
      const started = gate();
      await server.serve('re.lost', async () => {
        handled++;
        started.open();
        await nextState(caller, 'connecting');
        return 'kept';
      });
      const answer = caller.call('re.lost', 'x', {}, { timeoutMs: 30_000 });
      await started.promise;
      harness().sever(caller);
      assert.equal(await answer, 'kept');
      assert.equal(handled, 1);
    });

    it('of the server do not fail calls that it is handling', async () => {
      let handled = 0;
      const [started, finish] = [gate(), gate<string>()];
      await server.serve('re.handling', async () => {
        handled++;
        started.open();
        return await finish.promise;
      });
      const answer = caller.call('re.handling', 'x', {}, { timeoutMs: 30_000 });
      await started.promise;
      await breakConnection(server);
      finish.open('answered');
      assert.equal(await answer, 'answered');
      assert.equal(handled, 1);
    });

    it('keep the order of one caller to one address', async () => {
      const seen: unknown[] = [];
      const enough = gate();
      await server.serve('re.order', (params) => {
        if (seen.push(params) === 40) enough.open();
        return Promise.resolve(params);
      });
      const issue = (from: number, to: number): Promise<unknown>[] =>
        Array.from({ length: to - from }, (_, n) =>
          (from + n) % 4 === 0
            ? caller.send('re.order', 'x', from + n)
            : caller.call('re.order', 'x', from + n, { timeoutMs: 30_000 }),
        );
      const before = issue(0, 100);
      await enough.promise;
      const down = nextState(caller, 'connecting');
      harness().sever(caller);
      const during = issue(100, 150);
      await down;
      const held = issue(150, 200);
      await reaches(caller, 'up');
      const after = issue(200, 300);
      await Promise.all([...before, ...during, ...held, ...after]);
      assert.deepEqual(
        seen,
        Array.from({ length: 300 }, (_, n) => n),
      );
    });
  });

  describe('an outage of the broker', () => {
    /** Breaks all connections and waits until both buses know. */
    const outage = async (): Promise<void> => {
      const down = Promise.all([nextState(caller, 'connecting'), nextState(server, 'connecting')]);
      harness().outage();
      await down;
    };

    it('holds calls and sends until it is over', async () => {
      const seen = new Collector<unknown>();
      await server.serve('out.held', (params) => {
        seen.add(params);
        return Promise.resolve(params);
      });
      await outage();
      const answer = caller.call('out.held', 'x', 1, { timeoutMs: 30_000 });
      const sent = caller.send('out.held', 'x', 2);
      harness().recover();
      assert.equal(await answer, 1);
      await sent;
      assert.deepEqual(await seen.atLeast(2), [1, 2]);
    });

    it('does not fail calls that were on their way', async () => {
      let handled = 0;
      const [started, finish] = [gate(), gate<string>()];
      await server.serve('out.running', async () => {
        handled++;
        started.open();
        return await finish.promise;
      });
      const answer = caller.call('out.running', 'x', {}, { timeoutMs: 30_000 });
      await started.promise;
      await outage();
      finish.open('kept');
      harness().recover();
      assert.equal(await answer, 'kept');
      assert.equal(handled, 1);
    });

    it('fails calls with connection_lost at their deadline', async () => {
      await server.serve('out.late', () => Promise.resolve(1));
      await outage();
      await assert.rejects(caller.call('out.late', 'x', {}, { timeoutMs: 50 }), { code: 'connection_lost' });
    });

    it('fails probes and events at once', async () => {
      await outage();
      await assert.rejects(caller.probe('out.any'), { code: 'connection_lost' });
      await assert.rejects(caller.publish('out.event', {}), { code: 'connection_lost' });
    });

    it('holds serving, subscribing and claiming until it is over', async () => {
      await outage();
      const seen = new Collector<unknown>();
      const ready = Promise.all([
        server.serve('out.serve', () => Promise.resolve('served')),
        server.subscribe('out.subscribe', seen.add),
        server.claim('out.claim'),
      ]);
      harness().recover();
      await ready;
      await reaches(caller, 'up');
      assert.equal(await caller.call('out.serve', 'x', {}), 'served');
      assert.equal(await caller.probe('out.claim'), true);
      await caller.publish('out.subscribe', 1);
      await seen.atLeast(1);
    });

    it('fails what was on its way to somebody who does not come back, before its deadline', async () => {
      const started = gate();
      await server.serve('out.gone', async () => {
        started.open();
        return await gate<unknown>().promise;
      });
      const answer = caller.call('out.gone', 'x', {}, { timeoutMs: 3_600_000 });
      await started.promise;
      await server.close();
      harness().sever(caller);
      await assert.rejects(answer, { code: 'connection_lost' });
    });
  });

  describe('closing', () => {
    it('ends calls with closing and frees everything', async () => {
      const started = gate();
      await caller.serve('end.served', () => Promise.resolve(1));
      const claim = await caller.claim('end.claim');
      await server.serve('end.slow', async () => {
        started.open();
        return await gate<unknown>().promise;
      });
      const waiting = assert.rejects(caller.call('end.slow', 'x', {}), { code: 'closing' });
      await started.promise;
      const closed = nextState(caller, 'closed');
      await caller.close();
      await Promise.all([waiting, closed]);
      assert.equal(caller.state, 'closed');
      assert.equal(await claim.ended, 'released');
      assert.equal(await server.probe('end.served'), false);
      assert.equal(await server.probe('end.claim'), false);
    });

    it('makes everything else fail with closing', async () => {
      await caller.close();
      await caller.close();
      const closing = { code: 'closing' };
      await assert.rejects(caller.call('end.x', 'x', {}), closing);
      await assert.rejects(caller.send('end.x', 'x', {}), closing);
      await assert.rejects(caller.probe('end.x'), closing);
      await assert.rejects(caller.publish('end.x', {}), closing);
      await assert.rejects(caller.claim('end.x'), closing);
      await assert.rejects(
        caller.serve('end.x', () => Promise.resolve(1)),
        closing,
      );
      await assert.rejects(
        caller.subscribe('end.x', () => undefined),
        closing,
      );
    });

    it('works during an outage, and ends what waits for its end', async () => {
      harness().outage();
      await reaches(caller, 'connecting');
      const closing = { code: 'closing' };
      const waiting = [
        assert.rejects(caller.call('end.y', 'x', {}), closing),
        assert.rejects(caller.claim('end.y'), closing),
      ];
      await caller.close();
      await Promise.all(waiting);
    });
  });
}
