import assert from 'node:assert/strict';
import type { Bus } from '../../../common/bus/bus.ts';
import { type BrokerHarness, Collector } from './harness.ts';

const limit = 20_000;
/** A string whose JSON text has this many bytes. */
const textOf = (bytes: number): string => 'x'.repeat(bytes - 2);

/** Sizes and messages that are not ours. */
export function describeLimits(harness: () => BrokerHarness): void {
  let caller: Bus;
  let server: Bus;
  beforeEach(async () => {
    const options = { maxMessageBytes: limit };
    [caller, server] = await Promise.all([harness().connect(options), harness().connect(options)]);
  });
  afterEach(async () => {
    await Promise.all([caller.close(), server.close()]);
  });

  describe('sizes', () => {
    it('up to the limit pass, in both directions', async () => {
      await server.serve('size.echo', (params) => Promise.resolve(params));
      const text = textOf(limit);
      assert.equal(await caller.call('size.echo', 'x', text), text);
    });

    it('above the limit are refused where they are made', async () => {
      let handled = 0;
      await server.serve('size.big', () => Promise.resolve(++handled));
      const big = textOf(limit + 1);
      const tooLarge = { code: 'too_large' };
      await assert.rejects(caller.call('size.big', 'x', big), tooLarge);
      await assert.rejects(caller.call('size.big', 'x', 'ä'.repeat(limit / 2)), tooLarge);
      await assert.rejects(caller.send('size.big', 'x', big), tooLarge);
      await assert.rejects(caller.publish('size.event', big), tooLarge);
      assert.equal(await caller.call('size.big', 'x', 1), 1);
    });

    it('above the limit in an answer fail the call', async () => {
      await server.serve('size.answer', () => Promise.resolve(textOf(limit + 1)));
      await assert.rejects(caller.call('size.answer', 'x', {}), { code: 'too_large' });
    });

    it('above the limit of the receiver are refused by it', async () => {
      const generous = await harness().connect();
      let handled = 0;
      await server.serve('size.receiver', () => Promise.resolve(++handled));
      const big = textOf(2 * limit);
      await assert.rejects(generous.call('size.receiver', 'x', big), { code: 'too_large' });
      await generous.send('size.receiver', 'x', big);
      const events = new Collector<unknown>();
      await server.subscribe('size.receiver', events.add);
      await generous.publish('size.receiver', big);
      await generous.publish('size.receiver', 'small');
      assert.deepEqual(await events.atLeast(1), ['small']);
      assert.equal(await generous.call('size.receiver', 'x', 1), 1);
      await generous.close();
    });

    it('of a megabyte pass with the usual limit', async () => {
      const [one, two] = await Promise.all([harness().connect(), harness().connect()]);
      await two.serve('size.mega', (params) => Promise.resolve(params));
      const text = textOf(1_048_576);
      assert.equal(await one.call('size.mega', 'x', text), text);
      await Promise.all([one.close(), two.close()]);
    });
  });

  describe('malformed messages', () => {
    it('are dropped and hurt nobody', async () => {
      const seen = new Collector<unknown>();
      await server.serve('bad.address', (params) => {
        seen.add(params);
        return Promise.resolve(params);
      });
      const texts = [
        '',
        'no json',
        'null',
        '7',
        '[]',
        '{}',
        '{"v":1}',
        '{"v":2,"kind":"send","id":"a","method":"m"}',
        '{"v":1,"kind":"shout","id":"a","method":"m"}',
        '{"v":1,"kind":"send","id":7,"method":"m"}',
        '{"v":1,"kind":"call","id":"a","method":"m","at":"now","ms":1}',
        `{"v":1,"kind":"send","id":"a","method":"${'m'.repeat(500)}"}`,
        '['.repeat(10_000),
        '{"v":1,"kind":"probe"}',
      ];
      for (const text of texts) await harness().inject('bad.address', text);
      await harness().inject('bad.address', '{"v":1,"kind":"send","id":"b","method":"m","params":"good"}');
      assert.deepEqual(await seen.atLeast(1), ['good']);
      assert.equal(await caller.call('bad.address', 'x', 'fine'), 'fine');
    });
  });
}
