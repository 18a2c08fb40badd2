import assert from 'node:assert/strict';
import type { Bus, CallContext } from '../../../common/bus/bus.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import { type BrokerHarness, Collector, gate } from './harness.ts';

/** Calls, sends, their order, errors and repetitions. */
export function describeCalls(harness: () => BrokerHarness): void {
  let caller: Bus;
  let server: Bus;
  beforeEach(async () => {
    [caller, server] = await Promise.all([harness().connect(), harness().connect()]);
  });
  afterEach(async () => {
    await Promise.all([caller.close(), server.close()]);
  });

  describe('calls', () => {
    it('return what the handler returns', async () => {
      await server.serve('calls.echo', (params) => Promise.resolve({ got: params }));
      const params = { text: 'grüße \u{1f600} \u2028', list: [1, null, false], deep: { a: { b: '' } } };
      assert.deepEqual(await caller.call('calls.echo', 'echo', params), { got: params });
      assert.deepEqual(await caller.call('calls.echo', 'echo', undefined), {});
    });

    it('reach handlers of the same bus', async () => {
      await caller.serve('calls.self', (params) => Promise.resolve(params));
      assert.equal(await caller.call('calls.self', 'echo', 7), 7);
    });

    it('return undefined when the handler returns nothing', async () => {
      await server.serve('calls.nothing', () => Promise.resolve(undefined));
      assert.equal(await caller.call('calls.nothing', 'do', {}), undefined);
    });

    it('tell the handler method, id and deadline', async () => {
      const seen: CallContext[] = [];
      await server.serve('calls.context', (_params, context) => Promise.resolve(seen.push(context)));
      const before = Date.now();
      await caller.call('calls.context', 'look', null, { id: 'my-id', timeoutMs: 20_000 });
      const [context] = seen;
      assert.equal(context?.method, 'look');
      assert.equal(context.id, 'my-id');
      const remaining = (context.deadline ?? 0) - before;
      assert.ok(remaining > 15_000 && remaining < 25_000, `deadline in ${remaining} ms`);
    });

    it('have different ids when none is given', async () => {
      const ids = new Set<string>();
      await server.serve('calls.ids', (_params, { id }) => Promise.resolve(ids.add(id).size));
      await Promise.all(Array.from({ length: 50 }, () => caller.call('calls.ids', 'look', null)));
      assert.equal(ids.size, 50);
    });

    it('carry the content as it was when they were issued', async () => {
      await server.serve('calls.copy', (params) => Promise.resolve(params));
      const params = { n: 1 };
      const answer = caller.call('calls.copy', 'echo', params);
      params.n = 2;
      assert.deepEqual(await answer, { n: 1 });
    });

    it('fail at once with unavailable when nobody serves the address', async () => {
      const started = performance.now();
      await assert.rejects(caller.call('calls.nobody', 'x', {}, { timeoutMs: 3_600_000 }), {
        code: 'unavailable',
      });
      await assert.rejects(caller.send('calls.nobody', 'x', {}), { code: 'unavailable' });
      assert.ok(performance.now() - started < 5_000); // far from the deadline; the time itself is for the bench
    });

    it('fail with unavailable after the service is closed, and succeed when it is back', async () => {
      const service = await server.serve('calls.closing', () => Promise.resolve(1));
      assert.equal(await caller.call('calls.closing', 'x', {}), 1);
      await service.close();
      await service.close();
      await assert.rejects(caller.call('calls.closing', 'x', {}), { code: 'unavailable' });
      await server.serve('calls.closing', () => Promise.resolve(2));
      assert.equal(await caller.call('calls.closing', 'x', {}), 2);
    });

    it('fail with timeout at their deadline', async () => {
      const late = gate<string>();
      await server.serve('calls.late', () => late.promise);
      await assert.rejects(caller.call('calls.late', 'x', {}, { timeoutMs: 50 }), { code: 'timeout' });
      late.open('too late');
    });

    it('are not held up by a slow handler', async () => {
      const slow = gate<string>();
      await server.serve('calls.mixed', (_params, { method }) =>
        method === 'slow' ? slow.promise : Promise.resolve('quick'),
      );
      const waiting = caller.call('calls.mixed', 'slow', {});
      assert.equal(await caller.call('calls.mixed', 'quick', {}), 'quick');
      slow.open('slow');
      assert.equal(await waiting, 'slow');
    });

    it('may be made by handlers, back to where they came from, more than a thousand at once', async () => {
      await caller.serve('calls.back', (params) => Promise.resolve(params));
      await server.serve('calls.there', (params) => server.call('calls.back', 'echo', params));
      const numbers = Array.from({ length: 1_500 }, (_, n) => n);
      const answers = await Promise.all(
        numbers.map((n) => caller.call('calls.there', 'go', n, { timeoutMs: 30_000 })),
      );
      assert.deepEqual(answers, numbers);
    });
  });

  describe('errors', () => {
    it('arrive with code, message and details', async () => {
      await server.serve('errors.ours', () =>
        Promise.reject(new PorticoError('rate_limited', 'slow down', { retryAfterMs: 5, field: 'a.b' })),
      );
      await assert.rejects(caller.call('errors.ours', 'x', {}), (error: unknown) => {
        assert.ok(error instanceof PorticoError);
        assert.deepEqual(error.toWire(), {
          code: 'rate_limited',
          message: 'slow down',
          retryAfterMs: 5,
          field: 'a.b',
        });
        return true;
      });
    });

    it('of other kinds arrive as internal and tell nothing', async () => {
      await server.serve('errors.other', () => Promise.reject(new Error('secret path')));
      await assert.rejects(caller.call('errors.other', 'x', {}), (error: unknown) => {
        assert.ok(error instanceof PorticoError);
        assert.equal(error.code, 'internal');
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    });

    it('are answered when a handler throws before it returns a promise', async () => {
      await server.serve('errors.sync', () => {
        throw new PorticoError('forbidden', 'no');
      });
      await assert.rejects(caller.call('errors.sync', 'x', {}), { code: 'forbidden', message: 'no' });
    });

    it('name content that is not JSON, at either end', async () => {
      await server.serve('errors.json', () => Promise.resolve(10n));
      await assert.rejects(caller.call('errors.json', 'x', {}), { code: 'internal' });
      await assert.rejects(caller.call('errors.json', 'x', 10n), { code: 'bad_request' });
    });

    it('name addresses and topics that are none', async () => {
      for (const address of ['', 'a b', 'a/b', 'x'.repeat(201)]) {
        await assert.rejects(caller.call(address, 'x', {}), { code: 'bad_request' });
        await assert.rejects(
          caller.serve(address, () => Promise.resolve(1)),
          { code: 'bad_request' },
        );
      }
      for (const topic of ['', 'a..b', '.a', 'a b', 'x'.repeat(201), 'a.*']) {
        await assert.rejects(caller.publish(topic, 1), { code: 'bad_request' });
      }
      await assert.rejects(
        caller.subscribe('a.**', () => undefined),
        { code: 'bad_request' },
      );
    });
  });

  describe('repetitions of a call', () => {
    it('get the first result', async () => {
      let handled = 0;
      await server.serve('repeat.done', () => Promise.resolve(++handled));
      const options = { id: 'repeat-1' };
      assert.equal(await caller.call('repeat.done', 'x', {}, options), 1);
      assert.equal(await caller.call('repeat.done', 'x', {}, options), 1);
      assert.equal(await server.call('repeat.done', 'x', {}, options), 1);
      assert.equal(await caller.call('repeat.done', 'x', {}), 2);
    });

    it('get the first result when they come while it is being made', async () => {
      let handled = 0;
      const [started, finish] = [gate(), gate<string>()];
      await server.serve('repeat.running', async () => {
        handled++;
        started.open();
        return await finish.promise;
      });
      const options = { id: 'repeat-2' };
      const first = caller.call('repeat.running', 'x', {}, options);
      await started.promise;
      const impatient = caller.call('repeat.running', 'x', {}, { ...options, timeoutMs: 50 });
      await assert.rejects(impatient, { code: 'timeout' });
      const answers = [first, ...[1, 2, 3].map(() => caller.call('repeat.running', 'x', {}, options))];
      const marker = await server.serve('repeat.marker', () => Promise.resolve(1));
      await caller.call('repeat.marker', 'x', {});
      finish.open('done');
      assert.deepEqual(await Promise.all(answers), ['done', 'done', 'done', 'done']);
      assert.equal(handled, 1);
      await marker.close();
    });

    it('get the first error', async () => {
      let handled = 0;
      await server.serve('repeat.failed', () =>
        Promise.reject(new PorticoError('room_full', `${++handled}`)),
      );
      for (let n = 0; n < 2; n++) {
        await assert.rejects(caller.call('repeat.failed', 'x', {}, { id: 'repeat-3' }), {
          code: 'room_full',
          message: '1',
        });
      }
    });

    it('are handled again at another address', async () => {
      const handled: string[] = [];
      for (const address of ['repeat.a', 'repeat.b']) {
        await server.serve(address, () => Promise.resolve(handled.push(address)));
      }
      await caller.call('repeat.a', 'x', {}, { id: 'repeat-4' });
      await caller.call('repeat.b', 'x', {}, { id: 'repeat-4' });
      assert.deepEqual(handled, ['repeat.a', 'repeat.b']);
    });

    it('are handled again when the result is forgotten', async () => {
      const forgetful = await harness().connect({ rememberMs: 20 });
      let handled = 0;
      await forgetful.serve('repeat.forgotten', () => Promise.resolve(++handled));
      while (handled < 2) await caller.call('repeat.forgotten', 'x', {}, { id: 'repeat-5' });
      await forgetful.close();
    });
  });

  describe('order', () => {
    it('of calls and sends of one caller to one address is kept', async () => {
      const other = await harness().connect();
      const seen = new Collector<[string, number]>();
      await server.serve('order.address', (params, { method }) => {
        seen.add([method, params as number]);
        return Promise.resolve();
      });
      const numbers = Array.from({ length: 300 }, (_, n) => n);
      await Promise.all(
        numbers.flatMap((n) => [
          n % 3 === 0 ? caller.send('order.address', 'one', n) : caller.call('order.address', 'one', n),
          n % 2 === 0 ? other.send('order.address', 'two', n) : other.call('order.address', 'two', n),
        ]),
      );
      const all = await seen.atLeast(600);
      for (const name of ['one', 'two']) {
        assert.deepEqual(
          all.filter(([method]) => method === name).map(([, n]) => n),
          numbers,
        );
      }
      await other.close();
    });
  });
}
