import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Membership } from '../../../common/cluster/membership.ts';
import type { Inventory } from '../../../common/contract/cluster.ts';
import {
  ParticipantId,
  ProducerId,
  RouterId,
  StreamId,
  SubscriptionId,
  TokenId,
  TrackId,
  type MemberId,
} from '../../../common/contract/ids.ts';
import type { Room } from '../../../conference-agent/room.ts';
import { member, RoomUnderTest } from './fixtures.ts';
import { participantRecord } from '../../support/participant-record.ts';

const portals = ['p1', 'p2', 'p3'].map((name) => member('portal', name));
const agents = ['a1', 'a2'].map((name) => member('access', name));

interface Person {
  id: ParticipantId;
  /** Portals that have it on their list; several after a repeated login; none after its portal died. */
  namedBy: MemberId[];
  /** Where it sits, and for which portal; the portals know. */
  seat: { agent: MemberId; portal: MemberId } | undefined;
  /** Whether its portals were told where. */
  seatKnown: boolean;
  /** A seat it has left behind at another agent. */
  stale: boolean;
  streams: { complete: boolean; paused: boolean }[];
  subscriptions: number;
}

const person = (index: number): fc.Arbitrary<Person> =>
  fc
    .record({
      namedBy: fc.subarray(portals),
      seatAt: fc.option(fc.constantFrom(...agents), { nil: undefined }),
      seatFor: fc.nat({ max: 2 }),
      seatKnown: fc.boolean(),
      stale: fc.boolean(),
      streams: fc.array(fc.record({ complete: fc.boolean(), paused: fc.boolean() }), { maxLength: 2 }),
      subscriptions: fc.nat({ max: 2 }),
    })
    .map(({ seatAt, seatFor, ...rest }) => {
      const among = rest.namedBy.length > 0 ? rest.namedBy : portals;
      const portal = among[seatFor % among.length] ?? member('portal', 'p1');
      return {
        ...rest,
        id: ParticipantId.parse(`person-${index}`),
        seat: seatAt === undefined ? undefined : { agent: seatAt, portal },
        seatKnown: seatAt !== undefined && (rest.seatKnown || rest.stale),
        stale: seatAt !== undefined && rest.stale,
      };
    });

const people = fc
  .integer({ min: 1, max: 5 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => person(index))));

const empty = (id: MemberId, role: 'portal' | 'access'): Inventory => ({
  member: id,
  role,
  participants: [],
  seats: [],
  publications: [],
  subscriptions: [],
  usedTokens: [],
});

/** What each single fact would be as an inventory of its own. */
function facts(all: readonly Person[]): Inventory[] {
  return all.flatMap((one) => [...namings(one), ...seats(one), ...sessions(one)]);
}

function namings({ id, namedBy, seat, seatKnown }: Person): Inventory[] {
  const participant = participantRecord(id, seatKnown && seat !== undefined ? { agent: seat.agent } : {});
  return namedBy.map((portal) => ({
    ...empty(portal, 'portal'),
    participants: [participant],
    usedTokens: [{ id: TokenId.parse(`token-${id}`), exp: 4_000_000_000, participant: id, at: 1 }],
  }));
}

function seats({ id, seat, stale }: Person): Inventory[] {
  if (seat === undefined) return [];
  const where = stale ? agents : [seat.agent];
  return where.map((agent) => ({
    ...empty(agent, 'access'),
    seats: [{ participant: id, portal: seat.portal }],
  }));
}

function sessions({ id, seat, streams, subscriptions }: Person): Inventory[] {
  if (seat === undefined) return [];
  const nothing = empty(seat.agent, 'access');
  const published = streams.map(({ complete, paused }, index) => {
    const stream = StreamId.parse(`${id}-s${index}`);
    const origin = { producer: ProducerId.parse(`${stream}-p`), router: RouterId.parse('router') };
    const track = { id: TrackId.parse(`${stream}-0`), type: 'audio' as const, paused };
    const tracks = [complete ? { ...track, ...origin } : track];
    return { ...nothing, publications: [{ id: stream, participant: id, attributes: {}, tracks }] };
  });
  const received = Array.from({ length: subscriptions }, (_, index) => {
    const origin = { agent: seat.agent, router: RouterId.parse('router'), producer: ProducerId.parse('p') };
    const track = {
      id: TrackId.parse('t'),
      stream: StreamId.parse('s'),
      type: 'audio' as const,
      paused: false,
    };
    const grant = {
      id: SubscriptionId.parse(`${id}-r${index}`),
      participant: id,
      tracks: [{ ...track, origin }],
    };
    return { ...nothing, subscriptions: [grant] };
  });
  return [...published, ...received];
}

/** Facts of one member together, where they follow each other. */
function joined(all: readonly Inventory[]): Inventory[] {
  const inventories: Inventory[] = [];
  for (const next of all) {
    const last = inventories.at(-1);
    if (last?.member !== next.member) {
      inventories.push(structuredClone(next));
      continue;
    }
    last.participants.push(...next.participants);
    last.seats.push(...next.seats);
    last.publications.push(...next.publications);
    last.subscriptions.push(...next.subscriptions);
    last.usedTokens.push(...next.usedTokens);
  }
  return inventories;
}

/** What the room must be, from what is the case. */
function expectation(all: readonly Person[]) {
  const here = all.filter(({ namedBy }) => namedBy.length > 0);
  return {
    participants: here
      .map(({ id, namedBy, seat }) => [id, seat?.portal ?? namedBy.toSorted()[0], seat?.agent])
      .toSorted(),
    streams: here
      .filter(({ seat }) => seat !== undefined)
      .flatMap(({ id, seat, streams }) =>
        streams.map(({ complete, paused }, n) => [`${id}-s${n}`, id, seat?.agent, complete, paused]),
      )
      .toSorted(),
    subscriptions: here
      .filter(({ seat }) => seat !== undefined)
      .flatMap(({ id, seat, subscriptions }) =>
        Array.from({ length: subscriptions }, (_, n) => [`${id}-r${n}`, id, seat?.agent]),
      )
      .toSorted(),
    empty: here.length === 0 && all.every(({ seat }) => seat === undefined),
  };
}

function actual({ state, empty: isEmpty }: Room) {
  return {
    participants: [...state.participants.values()]
      .map(({ id, portal, agent }) => [id, portal, agent])
      .toSorted(),
    streams: [...state.streams.values()]
      .map(({ id, owner, agent, announced, tracks }) => [id, owner, agent, announced, tracks[0]?.paused])
      .toSorted(),
    subscriptions: [...state.subscriptions.values()]
      .map(({ grant, agent }) => [grant.id, grant.participant, agent])
      .toSorted(),
    empty: isEmpty,
  };
}

describe('putting a room together', () => {
  let membership: Membership;
  before(async () => {
    ({ membership } = await RoomUnderTest.create());
  });
  after(() => membership.close());

  const shuffled = people.chain((all) => {
    const single = facts(all);
    const order = fc.shuffledSubarray(single, { minLength: single.length, maxLength: single.length });
    return fc.record({ all: fc.constant(all), order });
  });

  /** A room that is put together from these inventories, as long as the test looks at it. */
  const assembled = (inventories: readonly Inventory[], look: (stage: RoomUnderTest) => void) => {
    const stage = new RoomUnderTest(membership);
    try {
      for (const inventory of inventories) stage.room.merge(inventory);
      look(stage);
    } finally {
      stage.stop();
    }
  };

  it('gives the same room for any order of what the members know, in any pieces', () => {
    fc.assert(
      fc.property(shuffled, ({ all, order }) => {
        assembled(joined(order), ({ room, usedTokens }) => {
          assert.deepEqual(actual(room), expectation(all));
          for (const { id, namedBy } of all) {
            const token = usedTokens.get(TokenId.parse(`token-${id}`));
            assert.equal(token?.participant, namedBy.length > 0 ? id : undefined);
          }
        });
      }),
      { numRuns: 500 },
    );
  });

  it('asks no agent for anything while it does so', () => {
    fc.assert(
      fc.property(shuffled, ({ order }) => {
        assembled(order, ({ bus }) => {
          assert.deepEqual(bus.calls, []);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('says whether there was anything', () => {
    const stage = new RoomUnderTest(membership);
    assert.equal(stage.room.merge(empty(member('portal', 'p1'), 'portal')), false);
    assert.equal(stage.room.empty, true);
    const seat = { participant: ParticipantId.parse('alice'), portal: member('portal', 'p1') };
    const found = stage.room.merge({ ...empty(member('access', 'a1'), 'access'), seats: [seat] });
    const isEmpty = stage.room.empty;
    stage.stop();
    assert.equal(found, true);
    // Somebody may claim it yet.
    assert.equal(isEmpty, false);
    assert.equal(stage.room.merge({ ...empty(member('access', 'a2'), 'access'), seats: [seat] }), false);
  });
});
