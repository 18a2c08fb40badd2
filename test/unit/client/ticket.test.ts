import assert from 'node:assert/strict';
import { readTicket, TicketKeeper } from '../../../client/sdk/ticket.ts';
import { clock } from './support/clock.ts';
import { ticket } from './support/scripted-server.ts';

function setup() {
  const events: string[] = [];
  const keeper = new TicketKeeper({
    onTicket: () => events.push('ticket'),
    onDue: () => events.push('due'),
    onExpired: () => events.push('expired'),
  });
  return { keeper, events };
}

describe('a reconnection ticket', () => {
  beforeEach(() => {
    clock.start();
  });

  afterEach(() => {
    clock.stop();
  });

  it('says until when it is good, by the clock of the server', () => {
    const text = btoa(JSON.stringify({ notBefore: 1000, notAfter: 61_000 }));
    assert.deepEqual(readTicket(text), { notAfter: 61_000, lifeMs: 60_000 });
    assert.equal(readTicket('no ticket'), undefined);
    assert.equal(readTicket(btoa('{}')), undefined);
  });

  it('is renewed 60 s before its end, and again while that fails', async () => {
    const { keeper, events } = setup();
    keeper.set(ticket('a', 120_000));
    await clock.pass(59_000);
    assert.deepEqual(events, ['ticket']);
    await clock.pass(2000);
    assert.deepEqual(events, ['ticket', 'due']);
    await clock.pass(5000);
    assert.deepEqual(events, ['ticket', 'due', 'due']);
    keeper.set(ticket('b', 120_000));
    await clock.pass(50_000);
    assert.deepEqual(events, ['ticket', 'due', 'due', 'ticket']);
    keeper.stop();
  });

  it('of a short life is renewed 10 s before its end, but not without pause', async () => {
    const { keeper, events } = setup();
    keeper.set(ticket('a', 30_000));
    await clock.pass(19_900);
    assert.deepEqual(events, ['ticket']);
    await clock.pass(200);
    assert.deepEqual(events, ['ticket', 'due']);
    keeper.set(ticket('b', 10_000));
    await clock.pass(4900);
    assert.deepEqual(events, ['ticket', 'due', 'ticket']);
    await clock.pass(200);
    assert.deepEqual(events, ['ticket', 'due', 'ticket', 'due']);
    keeper.stop();
  });

  it('is of no use after its end', async () => {
    const { keeper, events } = setup();
    keeper.set(ticket('a', 2000));
    assert.ok(keeper.text);
    await clock.pass(2000);
    assert.equal(keeper.text, undefined);
    assert.equal(events.at(-1), 'expired');
    keeper.stop();
  });
});
