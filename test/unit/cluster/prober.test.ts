import assert from 'node:assert/strict';
import { LocalBroker, LocalBus } from '../../../common/bus/local-bus.ts';
import { Prober } from '../../../common/cluster/prober.ts';
import { until } from '../../support/until.ts';

const address = 'member.other';
const intervalMs = 5;

describe('a prober', () => {
  let broker: LocalBroker;
  let bus: LocalBus;
  let other: LocalBus;
  let prober: Prober;
  beforeEach(async () => {
    broker = new LocalBroker();
    bus = await LocalBus.connect(broker, { name: 'self' });
    other = await LocalBus.connect(broker, { name: 'other' });
    prober = new Prober(bus, intervalMs, 0);
  });
  afterEach(async () => {
    prober.close();
    await Promise.all([bus.close(), other.close()]);
  });

  const serve = () => other.serve(address, () => Promise.resolve({}));
  /** Counts calls. */
  const counter = () => {
    const count = Object.assign(() => (count.calls += 1), { calls: 0 });
    return count;
  };
  /** A watch on an address that nobody serves, to see that probes went round. */
  const rounds = async (n: number) => {
    const gone = counter();
    const stop = prober.watch('nobody', gone);
    await until(() => gone.calls >= n);
    stop();
  };

  it('tells all who watch when nobody serves the address, again and again', async () => {
    const service = await serve();
    const [one, two] = [counter(), counter()];
    prober.watch(address, one);
    prober.watch(address, two);
    await rounds(3);
    assert.deepEqual([one.calls, two.calls], [0, 0]);
    await service.close();
    await until(() => one.calls >= 2 && two.calls >= 2);
  });

  it('tells nobody after the end of its watch', async () => {
    const [one, two] = [counter(), counter()];
    const stop = prober.watch(address, one);
    prober.watch(address, two);
    stop();
    stop();
    await until(() => two.calls >= 2);
    assert.equal(one.calls, 0);
  });

  it('lets a listener end watches while it is told', async () => {
    const second = counter();
    const stops: (() => void)[] = [];
    stops.push(
      prober.watch(address, () => {
        for (const stop of stops) stop();
      }),
    );
    stops.push(prober.watch(address, second));
    await rounds(3);
    assert.equal(second.calls, 0);
  });

  it('tells patient ones only when the address was unserved all the time', async () => {
    const [patient, hasty] = [counter(), counter()];
    const graceMs = 60;
    let service = await serve();
    prober.watch(address, patient, graceMs);
    prober.watch(address, hasty);
    for (let blip = 0; blip < 4; blip += 1) {
      await service.close();
      const before = hasty.calls;
      await until(() => hasty.calls > before);
      service = await serve();
      await rounds(3);
    }
    assert.equal(patient.calls, 0);
    const since = performance.now();
    await service.close();
    await until(() => patient.calls > 0);
    assert.ok(performance.now() - since >= graceMs - intervalMs);
  });

  it('says nothing while its own connection is down, and a while after', async () => {
    prober.close();
    prober = new Prober(bus, intervalMs, 150);
    const service = await serve();
    const gone = counter();
    prober.watch(address, gone);
    await rounds(2);
    await service.close();
    broker.stop();
    broker.start();
    await until(() => bus.state === 'up');
    const upAt = performance.now();
    await until(() => gone.calls > 0);
    assert.ok(performance.now() - upAt > 100);
  });

  it('asks at once when it is told to check', async () => {
    prober.close();
    prober = new Prober(bus, 60_000, 0);
    const gone = counter();
    prober.watch(address, gone);
    prober.check(address);
    prober.check('not-watched');
    await until(() => gone.calls === 1);
  });
});
