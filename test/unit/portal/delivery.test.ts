import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { ParticipantId, RoomId, TokenId } from '../../../common/contract/ids.ts';
import type { LogEntry } from '../../../common/contract/log.ts';
import { PortalMetrics } from '../../../portal/metrics.ts';
import { Attendee } from '../../../portal/rooms/attendee.ts';
import { Delivery } from '../../../portal/rooms/delivery.ts';
import { Roster } from '../../../portal/rooms/roster.ts';
import { participantRecord } from '../../support/participant-record.ts';
import type { Position } from '../../../portal/signalling/wire.ts';

const room = RoomId.parse('demo');

interface Sent {
  connections: readonly string[];
  name: string;
  args: readonly unknown[];
}

function setUp(names: readonly string[]) {
  const sent: Sent[] = [];
  const roster = new Roster({ entries: 100, bytes: 100_000, ageMs: 60_000 });
  const outlet = {
    send: (connections: readonly string[], event: object) => sent.push({ connections, ...event } as Sent),
  };
  const metrics = new PortalMetrics(new Registry());
  const delivery = new Delivery({ roster, outlet, metrics });
  const attendees = names.map((name) => {
    const id = ParticipantId.parse(name);
    const connection = { id: `socket-${name}`, drop: () => undefined, retire: () => undefined };
    const made = new Attendee({ id, room, protocol: 'portico/1', connection });
    made.admit(participantRecord(name), { epoch: 1, seq: 0 });
    roster.add(made, { id: TokenId.parse(name), exp: 2_000_000_000, at: 1 });
    delivery.resume(made);
    return made;
  });
  const deliver = (entries: LogEntry[]) => {
    for (const entry of entries) delivery.pass(roster.touch(room), { epoch: 1, entry });
  };
  return { sent, deliver, attendees };
}

const event = { name: 'text', data: { from: ParticipantId.parse('x'), to: 'all', message: 'hi' } } as const;

describe('fanning out', () => {
  it('encodes once for a whole room', () => {
    const names = Array.from({ length: 100 }, (_, n) => `p${String(n)}`);
    const { sent, deliver } = setUp(names);
    deliver([{ seq: 1, to: 'all', event }]);
    deliver([{ seq: 2, to: 'all', event }]);
    assert.equal(sent.length, 2);
    assert.ok(sent.every(({ connections }) => connections.length === 100));
  });

  it('makes a group of those who were told something by themselves, for one entry', () => {
    const { sent, deliver } = setUp(['a', 'b', 'c']);
    deliver([
      { seq: 1, to: [ParticipantId.parse('a')], event },
      { seq: 2, to: 'all', event },
      { seq: 3, to: 'all', event },
    ]);
    assert.deepEqual(
      sent.map(({ connections, args }) => [connections.length, (args[1] as Position).prev]),
      [
        [1, 0],
        [1, 1],
        [2, 0],
        [3, 2],
      ],
    );
  });

  it('gives every client an unbroken chain, whatever is for whom and however often it is repeated', () => {
    const names = ['a', 'b', 'c'];
    const target = fc.oneof(
      fc.constant({ to: 'all' as const }),
      fc.record({
        to: fc.subarray(
          names.map((name) => ParticipantId.parse(name)),
          { minLength: 1 },
        ),
      }),
      fc.record({
        to: fc.constant('all' as const),
        except: fc.subarray(names.map((name) => ParticipantId.parse(name))),
      }),
    );
    fc.assert(
      fc.property(fc.array(target, { maxLength: 30 }), fc.array(fc.nat(30)), (targets, cuts) => {
        const { sent, deliver } = setUp(names);
        const entries: LogEntry[] = targets.map((one, index) => ({ ...one, seq: index + 1, event }));
        // Batches that overlap, as after a lost connection of the owner.
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          const batch = entries.slice(Math.max(0, cut - 3), cut);
          if (batch.length > 0) deliver(batch);
        }
        const last = new Map<string, number>();
        for (const { connections, args } of sent) {
          const { seq, prev } = args[1] as Position;
          for (const connection of connections) {
            assert.equal(prev, last.get(connection) ?? 0);
            assert.ok(seq > prev);
            last.set(connection, seq);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
