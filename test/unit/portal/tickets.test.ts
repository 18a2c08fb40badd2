import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ticketKey } from '../../../common/auth/ticket-key.ts';
import { TicketText } from '../../../common/contract/client.ts';
import type { ParticipantRecord } from '../../../common/contract/cluster.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import { RoomId } from '../../../common/contract/ids.ts';
import { Tickets } from '../../../portal/tickets/tickets.ts';
import { participantRecord } from '../../support/participant-record.ts';

const room = RoomId.parse('demo');
const key = ticketKey('a secret of more than 32 characters, surely');
const start = 1_700_000_000_000;
const clock = { now: start };
const tickets = new Tickets({ key, lifetimeMs: 600_000, now: () => clock.now });

const record = (some: Partial<ParticipantRecord> = {}) =>
  participantRecord('alice', {
    attributes: { team: 'red', n: 1, z: null },
    permission: { publish: { audio: true, video: false }, moderate: true },
    ...some,
  });

type Fields = Record<string, unknown>;
const open = (ticket: string) => JSON.parse(Buffer.from(ticket, 'base64').toString()) as Fields;
const seal = (fields: unknown) => Buffer.from(JSON.stringify(fields)).toString('base64');

/** The code with which a ticket is refused; fails when it is not, or not like this. */
function refusal(ticket: string, by = tickets): string {
  try {
    by.verify(ticket);
  } catch (error) {
    assert.ok(error instanceof PorticoError, String(error));
    assert.match(error.code, /^ticket_/);
    return error.code;
  }
  return assert.fail('the ticket was taken');
}

describe('a reconnection ticket', () => {
  beforeEach(() => {
    clock.now = start;
  });

  it('says who its holder is and is taken as it was made', () => {
    const generations = { oldest: 3, newest: 7 };
    const ticket = tickets.verify(tickets.mint(room, record({ generations })));
    const { id, token, user, role, attributes, permission, joinedAt, protocol } = record();
    assert.deepEqual(
      { ...ticket, ticketId: '', kid: '' },
      {
        participantId: id,
        ticketId: '',
        notBefore: start,
        notAfter: start + 600_000,
        room,
        user,
        role,
        attributes,
        permission,
        tokenId: token,
        joinedAt,
        protocol,
        generation: 7,
        kid: '',
      },
    );
  });

  it("has OWT's fields and form", () => {
    const fields = open(tickets.mint(room, record()));
    for (const name of ['participantId', 'ticketId', 'notBefore', 'notAfter', 'signature']) {
      assert.ok(name in fields, name);
    }
    assert.match(Buffer.from(String(fields['signature']), 'base64').toString(), /^[0-9a-f]{64}$/);
  });

  it('is taken by every portal that has the key, whatever the order of its fields', () => {
    const other = new Tickets({ key, lifetimeMs: 1, now: () => start });
    const text = tickets.mint(room, record());
    const reordered = seal(Object.fromEntries(Object.entries(open(text)).reverse()));
    for (const ticket of [text, reordered]) assert.equal(other.verify(ticket).user, 'alice');
  });

  it('fits into a request, with as many attributes as a token can have', () => {
    const attributes = Object.fromEntries(
      Array.from({ length: 6 }, (_, n) => [`attribute ${String(n)}`, 'x'.repeat(1_000)]),
    );
    const text = tickets.mint(room, record({ attributes, user: 'ü'.repeat(256) }));
    assert.ok(TicketText.safeParse(text).success);
    assert.deepEqual(tickets.verify(text).attributes, attributes);
  });

  it('is refused after its time and long before it', () => {
    const text = tickets.mint(room, record());
    clock.now = start + 599_999;
    assert.ok(tickets.verify(text));
    clock.now = start + 600_000;
    assert.equal(refusal(text), 'ticket_expired');
    clock.now = start - 30_000;
    assert.ok(tickets.verify(text), 'clocks differ a little');
    clock.now = start - 61_000;
    assert.equal(refusal(text), 'ticket_malformed');
  });

  it('of another deployment is told apart from a forged one', () => {
    const foreign = new Tickets({
      key: ticketKey('another secret, of more than 32 characters'),
      lifetimeMs: 1,
    });
    assert.equal(refusal(foreign.mint(room, record())), 'ticket_foreign');
    const fields = open(tickets.mint(room, record()));
    assert.equal(refusal(seal({ ...fields, user: 'mallory' })), 'ticket_signature');
    assert.equal(refusal(seal({ ...fields, signature: '' })), 'ticket_signature');
    assert.equal(refusal(seal({ ...fields, signature: undefined })), 'ticket_malformed');
  });

  it('with anything added is refused, also what objects would hide', () => {
    const text = Buffer.from(tickets.mint(room, participantRecord('alice')), 'base64').toString();
    const polluted = text.replace('{', '{"__proto__":{"attributes":{"admin":true}},');
    for (const forged of [
      polluted,
      text.replace('{', '{"attributes":{},'),
      text.replace('{', '{"more":1,'),
    ]) {
      assert.equal(refusal(Buffer.from(forged).toString('base64')), 'ticket_signature');
    }
  });

  it('with any field changed or left out is refused', () => {
    const fields = open(tickets.mint(room, record()));
    const value = fc.oneof(fc.jsonValue(), fc.string(), fc.integer(), fc.constant(undefined));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(fields)), value, (name, changed) => {
        if (JSON.stringify(changed) === JSON.stringify(fields[name])) return;
        refusal(seal({ ...fields, [name]: changed }));
      }),
      { numRuns: 2_000 },
    );
  });

  it('with any part of its attributes or permission changed is refused', () => {
    const fields = open(tickets.mint(room, record()));
    const changes = [
      { attributes: { team: 'blue', n: 1, z: null } },
      { attributes: { team: 'red', n: 1 } },
      { attributes: { team: 'red', n: '1', z: null } },
      { permission: { publish: { audio: true, video: true }, moderate: true } },
      { permission: { publish: { audio: true, video: false }, moderate: true, subscribe: {} } },
    ];
    for (const change of changes) assert.equal(refusal(seal({ ...fields, ...change })), 'ticket_signature');
  });

  it('that is cut short is refused', () => {
    const text = tickets.mint(room, record());
    for (let length = 0; length < text.length; length += 1) {
      // Padding that is missing is all the same.
      if (open(text)['signature'] === tryOpen(text.slice(0, length))?.['signature']) continue;
      refusal(text.slice(0, length));
    }
  });

  it('that is junk is refused, however it is made', () => {
    const junk = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.base64String({ maxLength: 400 }),
      fc.jsonValue().map(seal),
      fc
        .dictionary(fc.string(), fc.jsonValue())
        .map((fields) => seal({ ...fields, kid: 'x', signature: 'y' })),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    );
    fc.assert(
      fc.property(junk, (text) => void refusal(text)),
      { numRuns: 2_000 },
    );
    const { kid } = open(tickets.mint(room, record()));
    const nest = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const deep = `{"kid":${JSON.stringify(kid)},"signature":"x","deep":${nest(4_000)}}`;
    assert.equal(refusal(Buffer.from(deep).toString('base64')), 'ticket_malformed');
    assert.equal(refusal('A'.repeat(1_000_000)), 'ticket_malformed');
  });
});

function tryOpen(text: string): Fields | undefined {
  try {
    return open(text);
  } catch {
    return undefined;
  }
}
