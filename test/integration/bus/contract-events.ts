import assert from 'node:assert/strict';
import type { Bus } from '../../../common/bus/bus.ts';
import { type BrokerHarness, Collector } from './harness.ts';

/** Events, patterns and their order. */
export function describeEvents(harness: () => BrokerHarness): void {
  describe('events', () => {
    let publisher: Bus;
    let subscriber: Bus;
    beforeEach(async () => {
      [publisher, subscriber] = await Promise.all([harness().connect(), harness().connect()]);
    });
    afterEach(async () => {
      await Promise.all([publisher.close(), subscriber.close()]);
    });

    it('reach the patterns that match, each listener once', async () => {
      const patterns = ['ev.a', 'ev.*', 'ev.#', 'ev.*.c', '*.a', '#.c', 'other.#'];
      const seen = new Collector<[string, string]>();
      await Promise.all(
        patterns.map((pattern) =>
          subscriber.subscribe(pattern, (_event, topic) => {
            seen.add([pattern, topic]);
          }),
        ),
      );
      const topics = ['ev', 'ev.a', 'ev.b', 'ev.b.c', 'x.y', 'other.c'];
      for (const topic of topics) await publisher.publish(topic, {});
      const expected = [
        ['ev', ['ev.#']],
        ['ev.a', ['ev.a', 'ev.*', 'ev.#', '*.a']],
        ['ev.b', ['ev.*', 'ev.#']],
        ['ev.b.c', ['ev.#', 'ev.*.c', '#.c']],
        ['other.c', ['#.c', 'other.#']],
      ] as const;
      const all = await seen.atLeast(expected.flatMap(([, matching]) => matching).length);
      for (const [topic, matching] of expected) {
        const found = all.filter(([, seenTopic]) => seenTopic === topic).map(([pattern]) => pattern);
        assert.deepEqual(found.sort(), [...matching].sort(), topic);
      }
      assert.equal(all.filter(([, topic]) => topic === 'x.y').length, 0);
    });

    it('reach every bus, the publishing one included, with their content', async () => {
      const seen = new Collector<unknown>();
      await publisher.subscribe('ev.all', seen.add);
      await subscriber.subscribe('ev.all', seen.add);
      await publisher.publish('ev.all', { n: [1, 'ä'] });
      assert.deepEqual(await seen.atLeast(2), [{ n: [1, 'ä'] }, { n: [1, 'ä'] }]);
    });

    it('of one publisher keep their order', async () => {
      const seen = new Collector<unknown>();
      await subscriber.subscribe('ev.order.#', seen.add);
      const numbers = Array.from({ length: 200 }, (_, n) => n);
      await Promise.all(numbers.map((n) => publisher.publish(`ev.order.${n % 7}`, n)));
      assert.deepEqual(await seen.atLeast(200), numbers);
    });

    it('stop when the subscription is closed, and only this one', async () => {
      const [closed, open] = [new Collector<unknown>(), new Collector<unknown>()];
      const service = await subscriber.subscribe('ev.stop', closed.add);
      await subscriber.subscribe('ev.stop', open.add);
      await publisher.publish('ev.stop', 1);
      await open.atLeast(1);
      await service.close();
      await service.close();
      await publisher.publish('ev.stop', 2);
      assert.deepEqual(await open.atLeast(2), [1, 2]);
      assert.deepEqual(closed.values, [1]);
    });

    it('arrive again when a pattern is subscribed anew', async () => {
      const first = await subscriber.subscribe('ev.again', () => undefined);
      await first.close();
      const seen = new Collector<unknown>();
      await subscriber.subscribe('ev.again', seen.add);
      await publisher.publish('ev.again', 'back');
      assert.deepEqual(await seen.atLeast(1), ['back']);
    });

    it('survive a listener that throws', async () => {
      const seen = new Collector<unknown>();
      await subscriber.subscribe('ev.throw', () => {
        throw new Error('listener');
      });
      await subscriber.subscribe('ev.throw', seen.add);
      await publisher.publish('ev.throw', 1);
      await publisher.publish('ev.throw', 2);
      assert.deepEqual(await seen.atLeast(2), [1, 2]);
    });

    it('may be published though nobody listens', async () => {
      await publisher.publish('ev.nobody', {});
    });

    it('that are malformed are dropped', async () => {
      const seen = new Collector<unknown>();
      await subscriber.subscribe('ev.bad', seen.add);
      for (const text of ['', 'x', '[]', '{"v":2,"event":1}', '{"event":1}', '"text"']) {
        await harness().injectEvent('ev.bad', text);
      }
      await harness().injectEvent('ev.bad', '{"v":1,"event":"good"}');
      assert.deepEqual(await seen.atLeast(1), ['good']);
    });
  });
}
