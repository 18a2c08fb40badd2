import assert from 'node:assert/strict';
import type { Bus, Claim } from '../../../common/bus/bus.ts';
import { type BrokerHarness, Collector, gate, nextState, untilNot } from './harness.ts';

/** Addresses that only one process holds, and asking whether an address is served. */
export function describeClaims(harness: () => BrokerHarness): void {
  let holder: Bus;
  let other: Bus;
  beforeEach(async () => {
    [holder, other] = await Promise.all([harness().connect(), harness().connect()]);
  });
  afterEach(async () => {
    await Promise.all([holder.close(), other.close()]);
  });

  describe('claims', () => {
    it('are taken for the others and for the same bus', async () => {
      const claim = await holder.claim('claim.a');
      assert.equal(claim.address, 'claim.a');
      await assert.rejects(other.claim('claim.a'), { code: 'taken' });
      await assert.rejects(holder.claim('claim.a'), { code: 'taken' });
      await assert.rejects(
        holder.serve('claim.a', () => Promise.resolve(1)),
        { code: 'taken' },
      );
      await assert.rejects(
        other.serve('claim.a', () => Promise.resolve(1)),
        { code: 'taken' },
      );
    });

    it('are taken while the address is served', async () => {
      await holder.serve('claim.served', () => Promise.resolve(1));
      await assert.rejects(other.claim('claim.served'), { code: 'taken' });
      await assert.rejects(holder.claim('claim.served'), { code: 'taken' });
      assert.equal(await other.call('claim.served', 'x', {}), 1);
    });

    it('go to exactly one of many', async () => {
      const buses = await Promise.all(Array.from({ length: 6 }, () => harness().connect()));
      for (let round = 0; round < 5; round++) {
        const outcomes = await Promise.allSettled(buses.map((bus) => bus.claim('claim.race')));
        const won = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
        const lost = outcomes.flatMap((one) =>
          one.status === 'rejected' ? [one.reason as { code: string }] : [],
        );
        assert.equal(won.length, 1);
        assert.ok(lost.every(({ code }) => code === 'taken'));
        await won[0]?.release();
      }
      await Promise.all(buses.map((bus) => bus.close()));
    });

    it('many of one bus at once do not disturb each other', async () => {
      const names = Array.from({ length: 50 }, (_, n) => `claim.many.${n}`);
      await Promise.all(names.filter((_, n) => n % 5 === 0).map((name) => other.claim(name)));
      const outcomes = await Promise.allSettled(names.map((name) => holder.claim(name)));
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        names.map((_, n) => (n % 5 === 0 ? 'rejected' : 'fulfilled')),
      );
      const claims = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      await Promise.all(claims.map((claim) => claim.serve(() => Promise.resolve(claim.address))));
      for (const { address } of claims) assert.equal(await other.call(address, 'x', {}), address);
    });

    it('are free again when released', async () => {
      const claim = await holder.claim('claim.free');
      await claim.release();
      assert.equal(await claim.ended, 'released');
      await claim.release();
      await assert.rejects(other.call('claim.free', 'x', {}), { code: 'unavailable' });
      const next = await other.claim('claim.free');
      await assert.rejects(holder.claim('claim.free'), { code: 'taken' });
      await next.release();
      await (await holder.claim('claim.free')).release();
    });

    it('keep messages, in order, until they are served', async () => {
      const claim = await holder.claim('claim.wait');
      const answers = [1, 2, 3].map((n) => other.call('claim.wait', 'x', n));
      await other.send('claim.wait', 'x', 4);
      const seen = new Collector<unknown>();
      await claim.serve((params) => {
        seen.add(params);
        return Promise.resolve(params);
      });
      assert.deepEqual(await Promise.all(answers), [1, 2, 3]);
      assert.deepEqual(await seen.atLeast(4), [1, 2, 3, 4]);
      await assert.rejects(
        claim.serve(() => Promise.resolve(1)),
        { code: 'taken' },
      );
    });

    it('never handle a message that nobody waits for any more', async () => {
      const claim = await holder.claim('claim.expired');
      const expired = [1, 2].map((n) => other.call('claim.expired', 'x', n, { timeoutMs: 60 }));
      for (const one of expired) await assert.rejects(one, { code: 'timeout' });
      const last = other.call('claim.expired', 'x', 'last');
      const seen: unknown[] = [];
      await claim.serve((params) => Promise.resolve(seen.push(params)));
      await last;
      assert.deepEqual(seen, ['last']);
    });

    it('refuse what waits when they are released without having been served', async () => {
      const claim = await holder.claim('claim.refused');
      const waiting = other.call('claim.refused', 'x', {}, { timeoutMs: 30_000 });
      await other.send('claim.refused', 'x', {}); // behind the call, so the call has arrived
      const refused = assert.rejects(waiting, { code: 'unavailable' });
      await claim.release();
      await refused;
    });

    it('let handlers finish that run when they are released', async () => {
      const claim = await holder.claim('claim.finish');
      await claim.serve(async () => {
        await claim.release();
        return 'finished';
      });
      assert.equal(await other.call('claim.finish', 'x', {}), 'finished');
    });

    it('are lost with the connection, and can be taken again', async () => {
      const claim = await holder.claim('claim.lost');
      await claim.serve(() => Promise.resolve('first'));
      const down = nextState(holder, 'connecting');
      harness().sever(holder);
      assert.equal(await claim.ended, 'lost');
      await down;
      await assert.rejects(
        claim.serve(() => Promise.resolve(1)),
        { code: 'connection_lost' },
      );
      await claim.release();
      const again = await untilNot('taken', () => holder.claim('claim.lost'));
      await again.serve(() => Promise.resolve('second'));
      assert.equal(await other.call('claim.lost', 'x', {}), 'second');
    });

    it('that are lost fail the calls in handling, whose repetition gets the first result', async () => {
      let handled = 0;
      const [started, finish] = [gate(), gate<string>()];
      const handler = async (): Promise<unknown> => {
        handled++;
        started.open();
        return await finish.promise;
      };
      const claim = await holder.claim('claim.stale');
      await claim.serve(handler);
      const options = { id: 'stale-1', timeoutMs: 60_000 };
      const answer = other.call('claim.stale', 'x', {}, options);
      await started.promise;
      harness().sever(holder);
      await claim.ended;
      finish.open('first');
      await assert.rejects(answer, { code: 'connection_lost' });
      await (await untilNot('taken', () => holder.claim('claim.stale'))).serve(handler);
      assert.equal(await other.call('claim.stale', 'x', {}, options), 'first');
      assert.equal(handled, 1);
    });

    it('are lost before they are served, too', async () => {
      const claim = await holder.claim('claim.early');
      harness().sever(holder);
      assert.equal(await claim.ended, 'lost');
      await (await untilNot('taken', () => other.claim('claim.early'))).release();
    });

    it('of a bus that closes are free', async () => {
      const claim: Claim = await holder.claim('claim.close');
      await holder.close();
      assert.equal(await claim.ended, 'released');
      await (await other.claim('claim.close')).release();
    });
  });

  describe('probing', () => {
    it('tells whether an address is served and does not reach the handler', async () => {
      let handled = 0;
      assert.equal(await other.probe('probe.a'), false);
      const service = await holder.serve('probe.a', () => Promise.resolve(++handled));
      assert.equal(await other.probe('probe.a'), true);
      assert.equal(await holder.probe('probe.a'), true);
      assert.equal(await other.call('probe.a', 'x', {}), 1);
      await service.close();
      assert.equal(await other.probe('probe.a'), false);
    });

    it('finds claims that are not served yet', async () => {
      const claim = await holder.claim('probe.claim');
      assert.equal(await other.probe('probe.claim'), true);
      await claim.release();
      assert.equal(await other.probe('probe.claim'), false);
    });

    it('many times finds the same', async () => {
      await holder.serve('probe.many', () => Promise.resolve(1));
      const found = await Promise.all(
        Array.from({ length: 400 }, (_, n) => other.probe(n % 2 === 0 ? 'probe.many' : 'probe.none')),
      );
      assert.ok(found.every((served, n) => served === (n % 2 === 0)));
    });
  });
}
