import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Membership } from '../../../common/cluster/membership.ts';
import { heartbeatTopic, type Heartbeat } from '../../../common/contract/cluster.ts';
import { LocalBroker, LocalBus } from '../../../common/bus/local-bus.ts';
import { Membership as Members } from '../../../common/cluster/membership.ts';
import { fullLoad } from '../../../common/cluster/placement.ts';
import { Prober } from '../../../common/cluster/prober.ts';
import type { MemberId } from '../../../common/contract/ids.ts';
import { silentLogger } from '../../../common/observe/log.ts';
import { accessContract } from '../../../common/contract/access.ts';
import { Agents } from '../../../conference-agent/agents.ts';
import { placeSeat } from '../../../conference-agent/seat-placement.ts';
import { until } from '../../support/until.ts';
import { member, roomId } from './fixtures.ts';

const names = ['a', 'b', 'c', 'd'].map((name) => member('access', name));

describe('choosing an access agent', () => {
  let bus: LocalBus;
  let membership: Membership;
  let prober: Prober;
  before(async () => {
    bus = await LocalBus.connect(new LocalBroker());
    const common = { bus, log: silentLogger, heartbeatMs: 4, missedHeartbeats: 3 };
    membership = await Members.create({ ...common, role: 'conference' });
    prober = new Prober(bus, 60_000);
  });
  after(async () => {
    prober.close();
    await membership.close();
    await bus.close();
  });

  const make = (placement: 'pack' | 'spread') => {
    const agents = new Agents({
      role: 'access',
      contract: accessContract,
      room: roomId,
      owner: { epoch: 1, id: membership.id },
      bus,
      membership,
      prober,
      onStale: () => undefined,
      onLost: () => undefined,
    });
    return {
      place: (seats: ReadonlyMap<MemberId, number>, except: ReadonlySet<MemberId>) =>
        placeSeat(agents.candidates(except), seats, placement),
    };
  };

  /** Makes the cluster know these agents with this load, and no others. */
  const announce = async (loads: (number | undefined)[]) => {
    for (const [index, id] of names.entries()) {
      const load = loads[index];
      const heartbeat: Heartbeat = {
        member: id,
        role: 'access',
        startedAt: 0,
        load: load ?? 0,
        draining: false,
      };
      await bus.publish(heartbeatTopic, load === undefined ? { ...heartbeat, bye: true } : heartbeat);
    }
    const isKnown = (id: MemberId, index: number) => membership.get(id)?.load === loads[index];
    await until(() => names.every(isKnown));
  };

  const load = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined });
  const loads = fc.array(load, { minLength: names.length, maxLength: names.length });
  const seats = fc.dictionary(fc.constantFrom(...names), fc.integer({ min: 1, max: 50 }), {
    noNullPrototype: true,
  });
  const seatsOf = (record: Record<string, number>) => new Map(Object.entries(record) as [MemberId, number][]);

  it('packs a room where most of it is, as long as there is room', async () => {
    await fc.assert(
      fc.asyncProperty(loads, seats, async (known, record) => {
        await announce(known);
        const taken = seatsOf(record);
        const chosen = make('pack').place(taken, new Set());
        const free = names.filter((_, index) => (known[index] ?? 1) < fullLoad);
        const here = free.filter((id) => taken.has(id));
        const most = Math.max(...here.map((id) => taken.get(id) ?? 0));
        if (here.length > 0) assert.equal(taken.get(chosen ?? names[0]!), most);
        else if (free.length > 0) {
          const loadOf = (id: MemberId | undefined) => known[names.findIndex((name) => name === id)] ?? 1;
          assert.equal(loadOf(chosen), Math.min(...free.map(loadOf)));
        } else
          assert.equal(
            chosen === undefined,
            known.every((one) => one === undefined),
          );
      }),
      { numRuns: 60 },
    );
  });

  it('spreads a room: no agent gets somebody while another one has fewer', async () => {
    await announce([0.1, 0.2, 0.3, 0.4]);
    const agents = make('spread');
    const taken = new Map<MemberId, number>();
    for (let n = 0; n < 40; n += 1) {
      const chosen = agents.place(taken, new Set());
      assert.ok(chosen !== undefined);
      taken.set(chosen, (taken.get(chosen) ?? 0) + 1);
      const counts = names.map((id) => taken.get(id) ?? 0);
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1);
    }
  });

  it('does not choose one that has just refused', async () => {
    await announce([0, 0.5, undefined, undefined]);
    for (const placement of ['pack', 'spread'] as const) {
      const agents = make(placement);
      const refused = new Set<MemberId>();
      const order = [0, 1, 2].map(() => {
        const chosen = agents.place(new Map(), refused);
        if (chosen !== undefined) refused.add(chosen);
        return chosen;
      });
      assert.deepEqual(order, [names[0], names[1], undefined]);
    }
  });
});
