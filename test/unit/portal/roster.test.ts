import assert from 'node:assert/strict';
import { MemberId, ParticipantId, RoomId, TokenId } from '../../../common/contract/ids.ts';
import { isAfter } from '../../../common/contract/log.ts';
import { Attendee } from '../../../portal/rooms/attendee.ts';
import { Roster } from '../../../portal/rooms/roster.ts';
import { participantRecord } from '../../support/participant-record.ts';

const room = RoomId.parse('demo');
const limits = { entries: 100, bytes: 100_000, ageMs: 60_000 };
const noConnection = { id: 'socket', drop: () => undefined, retire: () => undefined };

function attendee(name: string): Attendee {
  const id = ParticipantId.parse(name);
  const made = new Attendee({ id, room, protocol: 'portico/1', connection: noConnection });
  made.admit(participantRecord(name), { epoch: 1, seq: 0 });
  return made;
}

const used = (id: string, exp = Date.now() / 1000 + 60) => ({
  id: TokenId.parse(id),
  exp: Math.ceil(exp),
  at: Date.now(),
});

describe('the roster of a portal', () => {
  it('tells when a room gets its first participant here and loses its last one', () => {
    const roster = new Roster(limits);
    const events: string[] = [];
    roster.on('occupied', () => events.push('occupied'));
    roster.on('vacated', () => events.push('vacated'));
    const [alice, bob] = [attendee('alice'), attendee('bob')];
    roster.add(alice, used('t1'));
    roster.add(bob, used('t2'));
    assert.ok(roster.remove(alice));
    assert.ok(roster.remove(bob));
    assert.ok(!roster.remove(bob), 'leaving twice is harmless');
    assert.deepEqual(events, ['occupied', 'vacated']);
  });

  it('hands the older connection of the same participant back, which then removes nothing', () => {
    const roster = new Roster(limits);
    const [older, newer] = [attendee('alice'), attendee('alice')];
    roster.add(older, used('t1'));
    assert.equal(roster.add(newer, used('t1')), older);
    assert.ok(!roster.remove(older));
    assert.equal(roster.find(room, newer.id), newer);
  });

  it('remembers tokens until they expire and rooms a while longer', () => {
    const roster = new Roster(limits);
    const forgotten: string[] = [];
    roster.on('forgotten', (id) => forgotten.push(id));
    const alice = attendee('alice');
    const now = Date.now();
    roster.add(alice, used('t1', now / 1000 + 60));
    roster.remove(alice);
    roster.sweep(now + 50_000);
    assert.equal(roster.get(room)?.tokens.size, 1);
    roster.sweep(now + 70_000);
    assert.equal(roster.get(room)?.tokens.size, 0);
    roster.sweep(now + 300_000);
    assert.ok(roster.get(room));
    roster.sweep(now + 700_000);
    assert.deepEqual(forgotten, ['demo']);
    assert.equal(roster.get(room), undefined);
  });

  it('never forgets a room with somebody in it or on the way in', () => {
    const roster = new Roster(limits);
    roster.expect(attendee('alice'));
    roster.sweep(Date.now() + 10_000_000);
    assert.ok(roster.get(room));
  });
});

describe('a participant at its portal', () => {
  it('advances through the log, never back, over owners', () => {
    const alice = attendee('alice');
    assert.equal(alice.advance({ epoch: 1, seq: 1 }), 0);
    assert.equal(alice.advance({ epoch: 1, seq: 4 }), 1);
    assert.equal(alice.advance({ epoch: 1, seq: 4 }), undefined);
    assert.equal(alice.advance({ epoch: 1, seq: 2 }), undefined);
    assert.equal(alice.advance({ epoch: 2, seq: 3 }), 4);
    assert.equal(alice.advance({ epoch: 1, seq: 9 }), undefined);
    assert.deepEqual(alice.cursor, { epoch: 2, seq: 3 });
  });

  it('compares positions by epoch, then by number', () => {
    assert.ok(isAfter({ epoch: 2, seq: 0 }, { epoch: 1, seq: 9 }));
    assert.ok(!isAfter({ epoch: 1, seq: 9 }, { epoch: 2, seq: 0 }));
    assert.ok(isAfter({ epoch: 1, seq: 2 }, { epoch: 1, seq: 1 }));
    assert.ok(!isAfter({ epoch: 1, seq: 1 }, { epoch: 1, seq: 1 }));
  });

  it('moves to another agent', () => {
    const alice = attendee('alice');
    alice.seatAt(MemberId.parse('access-2'));
    assert.equal(alice.record?.agent, 'access-2');
  });
});
