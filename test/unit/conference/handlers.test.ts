import assert from 'node:assert/strict';
import type { Membership } from '../../../common/cluster/membership.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import { TokenId } from '../../../common/contract/ids.ts';
import { roomHandler } from '../../../conference-agent/handlers.ts';
import { until } from '../../support/until.ts';
import { member, RoomUnderTest } from './fixtures.ts';

const portal = member('portal', 'p');
const by = { participant: 'alice', portal };

describe('the handler of a room', () => {
  let membership: Membership;
  let stage: RoomUnderTest;
  before(async () => {
    ({ membership } = await RoomUnderTest.create());
  });
  after(() => membership.close());
  beforeEach(async () => {
    stage = new RoomUnderTest(membership);
    await join('alice');
    // Its own portal is told, for others whom it may hold.
    await until(() => stage.bus.sent.length === 1);
    stage.bus.sent.length = 0;
  });
  afterEach(() => {
    stage.stop();
  });

  const request = (method: string, params: unknown) => roomHandler(stage.room)(params, { method, id: 'id' });
  const join = (id: string) =>
    request('join', {
      portal,
      participant: { id, user: id, role: 'presenter' },
      token: { id: `token-${id}`, exp: 4_000_000_000, iat: 0, service: 'dev' },
      protocol: 'portico/1',
      transports: [],
    });
  const codeOf = (answer: Promise<unknown>) =>
    answer.then(
      () => 'ok',
      (error: unknown) => PorticoError.from(error).code,
    );

  it('acknowledges a text only when the broker has it', async () => {
    let hand: () => void = () => undefined;
    stage.bus.onSend = () => new Promise((resolve) => (hand = resolve));
    let acknowledged = false;
    const answer = request('text', { by, request: { to: 'all', message: 'hello' } }).then(() => {
      acknowledged = true;
    });
    await new Promise(setImmediate);
    assert.equal(acknowledged, false);
    hand();
    await answer;
    assert.equal(stage.bus.sent.length, 1);
  });

  it('says that the room is not owned here when it was lost while a request was running', async () => {
    stage.bus.onSend = () => new Promise(() => undefined);
    const answer = codeOf(request('text', { by, request: { to: 'all', message: 'hello' } }));
    await new Promise(setImmediate);
    stage.room.stop();
    assert.equal(await answer, 'unavailable');
    assert.equal(
      await codeOf(request('text', { by, request: { to: 'all', message: 'hello' } })),
      'unavailable',
    );
  });

  it('changes and counts nothing for requests that are still running when the room is lost', async () => {
    await join('bob');
    const running = [
      codeOf(join('carol')),
      codeOf(request('drop', { by, request: { id: 'bob' } })),
      codeOf(request('leave', { by, reason: 'left' })),
    ];
    stage.room.stop();
    assert.deepEqual(await Promise.all(running), ['unavailable', 'unavailable', 'unavailable']);
    const { values } = await stage.metrics.participants.get();
    assert.deepEqual(
      values.map(({ value }) => value),
      [0],
    );
    assert.equal(stage.usedTokens.get(TokenId.parse('token-carol')), undefined);
  });

  it('begins nothing while the room is handed over, but finishes what runs', async () => {
    let hand: () => void = () => undefined;
    stage.bus.onSend = () => new Promise((resolve) => (hand = resolve));
    const running = codeOf(request('text', { by, request: { to: 'all', message: 'hello' } }));
    await new Promise(setImmediate);
    const drained = stage.room.drain(60_000);
    assert.equal(
      await codeOf(request('text', { by, request: { to: 'all', message: 'again' } })),
      'unavailable',
    );
    hand();
    assert.equal(await running, 'ok');
    await drained;
  });

  it('does not wait for ever for what runs when the room is handed over', async () => {
    stage.bus.onSend = () => new Promise(() => undefined);
    void codeOf(request('text', { by, request: { to: 'all', message: 'hello' } }));
    await new Promise(setImmediate);
    await stage.room.drain(1);
  });

  it('checks every request, and offers only what is in the contract', async () => {
    assert.equal(await codeOf(request('text', { by })), 'bad_request');
    assert.equal(
      await codeOf(request('text', { by, request: { to: 'all', message: 'x', more: 1 } })),
      'bad_request',
    );
    assert.equal(await codeOf(request('toString', {})), 'unknown_method');
  });

  it('asks a portal it has not heard before it denies that somebody is there', async () => {
    const record = { id: 'bob', user: 'bob', role: 'presenter', permission: {}, joinedAt: 1 };
    stage.bus.onCall = ({ method }) => {
      assert.equal(method, 'room.inventory');
      const nothing = { seats: [], publications: [], subscriptions: [], usedTokens: [] };
      return { member: 'portal-q', role: 'portal', participants: [record], ...nothing };
    };
    const bob = { participant: 'bob', portal: member('portal', 'q') };
    const text = { to: 'all', message: 'hello' };
    const outcomes = [bob, bob, { ...bob, participant: 'carol' }].map((who) =>
      codeOf(request('text', { by: who, request: text })),
    );
    // Nobody takes what it says over unless the census is followed: the room knows neither, but has asked once.
    assert.deepEqual(await Promise.all(outcomes), [
      'participant_not_found',
      'participant_not_found',
      'participant_not_found',
    ]);
    assert.equal(stage.bus.calls.filter(({ method }) => method === 'room.inventory').length, 1);
  });
});
