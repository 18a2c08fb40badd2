import assert from 'node:assert/strict';
import { SigningKeys } from '../../../common/auth/keys.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import { ParticipantId } from '../../../common/contract/ids.ts';
import type { WireError } from '../../../common/contract/errors.ts';
import type { ServiceContext } from '../../../common/service.ts';
import type { Portal } from '../../../portal/portal.ts';
import { Client } from './support/client.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { gate, key, metric, token, until, World } from './support/world.ts';

const owtAgent = { sdk: { version: '5.1', type: 'JavaScript' } };

describe('login', () => {
  let world: World;
  let conference: ScriptedConference;
  let portal: Portal;
  let context: ServiceContext;

  beforeEach(async () => {
    world = new World({
      portal: { login_timeout_ms: 300 },
      ice: { stun: ['stun:s.example.com'], turn: ['turn:t.example.com'], turn_secret: 'shared' },
    });
    conference = await ScriptedConference.start(world);
    ({ portal, context } = await world.portal());
  });
  afterEach(async () => {
    await world.close();
  });

  const connect = () => Client.connect(portal.url);

  /** Logs in with this, expects a refusal, and that the portal then disconnects. */
  async function refused(input: unknown, code: string): Promise<WireError> {
    const client = await connect();
    const [status, error] = await client.request('login', input);
    assert.equal(status, 'error');
    assert.equal((error as WireError).code, code);
    assert.equal(await client.ended, 'io server disconnect');
    return error as WireError;
  }

  const native = (change: Record<string, unknown> = {}) => ({
    token: token(),
    protocol: 'portico/1',
    userAgent: { sdk: { type: 'test', version: '1' } },
    ...change,
  });

  it('joins the room of the token and answers with the room, permissions and ICE servers', async () => {
    const client = await connect();
    const [status, data] = await client.login(token({ attributes: { team: 'red' } }), {
      requestId: 'request-1',
      transports: ['send', 'recv'],
    });
    assert.equal(status, 'ok');
    const answer = data as Record<string, unknown>;
    const id = answer['id'] as ParticipantId;
    assert.deepEqual(Object.keys(answer).sort(), [
      'cursor',
      'iceServers',
      'id',
      'permission',
      'portals',
      'role',
      'room',
      'ticket',
      'user',
    ]);
    assert.deepEqual(answer['portals'], [portal.url]);
    assert.equal(answer['user'], 'alice');
    assert.deepEqual(answer['cursor'], { epoch: conference.room.owner.epoch, seq: 0 });
    const [stun, turn] = answer['iceServers'] as { urls: string[]; username?: string }[];
    assert.deepEqual(stun, { urls: ['stun:s.example.com'] });
    assert.ok(turn?.username?.endsWith(`:${id}`));

    const [join] = conference.room.of('join');
    assert.ok(join !== undefined);
    assert.deepEqual(join.participant, {
      id,
      user: 'alice',
      role: 'presenter',
      attributes: { team: 'red' },
    });
    assert.equal(join.portal, context.membership.id);
    assert.equal(join.protocol, 'portico/1');
    assert.equal(join.token.requestId, 'request-1');
    assert.deepEqual(join.transports, ['send', 'recv']);
    client.close();
  });

  it('gives every participant an id that is not the id of its connection', async () => {
    const client = await connect();
    const [, answer] = await client.login(token());
    const { id } = answer as { id: string };
    assert.notEqual(id, client.socket.id);
    assert.ok(ParticipantId.safeParse(id).success);
    client.close();
  });

  it('opens the room once for many who come at the same time', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, connect));
    const answers = await Promise.all(
      clients.map((client, n) => client.login(token({ user: `u${String(n)}` }))),
    );
    assert.ok(answers.every(([status]) => status === 'ok'));
    assert.deepEqual(conference.asked, ['demo']);
    for (const client of clients) client.close();
  });

  it('refuses each kind of bad token with its code and disconnects', async () => {
    const good = JSON.parse(Buffer.from(token(), 'base64').toString()) as Record<string, unknown>;
    const seal = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
    const stranger = { ...key, id: 'stranger' };
    await refused(native({ token: 'no token' }), 'token_malformed');
    await refused(native({ token: seal(good).slice(0, 40) }), 'token_malformed');
    await refused(native({ token: token({ key: stranger }) }), 'token_signature');
    await refused(native({ token: seal({ ...good, host: 'elsewhere' }) }), 'token_altered');
    await refused(native({ token: token({ now: Date.now() - 181_000 }) }), 'token_expired');
    assert.equal(conference.asked.length, 0, 'no room is opened for them');
  });

  it('refuses a token for another room than the client believes', async () => {
    const error = await refused(native({ room: 'other' }), 'token_wrong_room');
    assert.equal(error.field, 'room');
    const client = await connect();
    assert.equal((await client.login(token(), { room: 'demo' }))[0], 'ok');
    client.close();
  });

  it('passes on what the room refuses', async () => {
    conference.onRoom = (room) => {
      room.script.join = () => {
        throw new PorticoError('token_used', 'this token was used before');
      };
    };
    await refused(native(), 'token_used');
    conference.room.script.join = () => {
      throw new PorticoError('room_full', 'the room is full');
    };
    await refused(native(), 'room_full');
  });

  it('passes on that a room does not exist', async () => {
    conference.beforeOpen = () => {
      throw new PorticoError('room_not_found', "room 'demo' does not exist");
    };
    await refused(native(), 'room_not_found');
  });

  it('says which field is wrong: protocol first, then the client, then the rest', async () => {
    assert.equal((await refused({}, 'bad_request')).field, 'protocol');
    assert.equal((await refused({ protocol: '0.9', token: 1 }, 'bad_request')).field, 'protocol');
    assert.equal((await refused(native({ userAgent: {}, token: 1 }), 'bad_request')).field, 'userAgent.sdk');
    assert.equal((await refused(native({ token: 1 }), 'bad_request')).field, 'token');
    assert.equal((await refused(native({ extra: 1 }), 'bad_request')).field, 'extra');
    assert.equal((await refused(native({ transports: ['up'] }), 'bad_request')).field, 'transports[0]');
    for (const input of [undefined, null, 'text', 5, []]) await refused(input, 'bad_request');
  });

  it('answers OWT clients with a sentence, whatever is wrong', async () => {
    const attempts: [Record<string, unknown>, RegExp][] = [
      [{ token: 'nonsense' }, /token/],
      [{ token: token({ now: Date.now() - 200_000 }) }, /^Expired$/],
      [{ token: token({ key: { ...key, id: 'x' } }) }, /^Invalid token signature$/],
      [{ userAgent: {} }, /userAgent/],
    ];
    for (const [change, expected] of attempts) {
      const client = await connect();
      const input = { token: token(), userAgent: owtAgent, protocol: '1.2', ...change };
      const [status, error] = await client.request('login', input);
      assert.equal(status, 'error');
      assert.equal(typeof error, 'string');
      assert.match(error as string, expected);
      assert.equal(await client.ended, 'io server disconnect');
    }
  });

  it('answers OWT clients in their shape', async () => {
    const client = await connect();
    const [status, data] = await client.request('login', {
      token: token(),
      userAgent: owtAgent,
      protocol: '1.2',
    });
    assert.equal(status, 'ok');
    const answer = data as Record<string, unknown>;
    assert.deepEqual(answer['permission'], {
      publish: { audio: true, video: true },
      subscribe: { audio: true, video: true },
    });
    const ticket = JSON.parse(Buffer.from(answer['reconnectionTicket'] as string, 'base64').toString()) as {
      notAfter: number;
    };
    assert.ok(Math.abs(ticket.notAfter - Date.now() - 600_000) < 10_000);
    assert.deepEqual(answer['room'], {
      id: 'demo',
      views: [],
      participants: [{ id: answer['id'], user: 'alice', role: 'presenter' }],
      streams: [],
    });
    client.close();
  });

  it('refuses a second login without harm to the first', async () => {
    const client = await connect();
    const input = native();
    const [first, second] = await Promise.all([
      client.request('login', input),
      client.request('login', input),
    ]);
    assert.equal(first[0], 'ok');
    assert.equal((second[1] as WireError).code, 'already_joined');
    const [, third] = await client.request('login', native());
    assert.equal((third as WireError).code, 'already_joined');
    assert.equal((await client.request('text', { to: 'all', message: 'still here' }))[0], 'ok');
    client.close();
  });

  it('closes a connection that does not log in in time', async () => {
    const client = await connect();
    const [[payload]] = (await client.notified('drop')) as [[unknown]];
    assert.deepEqual(payload, { reason: 'login_timeout' });
    assert.equal(await client.ended, 'io server disconnect');
  });

  it('does not count the time that joining takes', async () => {
    const entered = gate();
    const answer = gate();
    conference.onRoom = (room) => {
      room.script.join = async (input) => {
        entered.open();
        await answer.opened;
        return room.admit(input);
      };
    };
    const client = await connect();
    const login = client.login(token());
    await entered.opened;
    // A connection that came later runs into its time-out first.
    await (await connect()).notified('drop');
    answer.open();
    assert.equal((await login)[0], 'ok');
    client.close();
  });

  it('takes a participant back out when its client is gone before it joined', async () => {
    const entered = gate();
    const answer = gate();
    conference.onRoom = (room) => {
      room.script.join = async (input) => {
        entered.open();
        await answer.opened;
        return room.admit(input);
      };
    };
    const client = await connect();
    client.login(token()).catch(() => undefined);
    await entered.opened;
    client.close();
    await until(
      async () => (await metric(context, 'portico_sessions', { state: 'connected' })) === 0,
      'the session ended',
    );
    answer.open();
    await until(() => conference.room.of('leave').length === 1, 'a leave');
    const [leave] = conference.room.of('leave');
    assert.equal(leave?.reason, 'join_failed');
    assert.equal(leave.by.participant, conference.room.of('join')[0]?.participant.id);
  });

  it('lets the same client join with the same token and request id when its first connection broke', async () => {
    const first = gate();
    let result: ReturnType<typeof conference.room.admit> | undefined;
    conference.onRoom = (room) => {
      room.script.join = async (input) => {
        result ??= room.admit(input);
        await first.opened;
        return result;
      };
    };
    const text = token();
    const broken = await connect();
    broken.login(text, { requestId: 'request-7' }).catch(() => undefined);
    await until(() => conference.rooms.length === 1 && conference.room.of('join').length === 1, 'first join');
    broken.close();
    const client = await connect();
    const login = client.login(text, { requestId: 'request-7' });
    await until(() => conference.room.of('join').length === 2, 'second join');
    first.open();
    const [status, answer] = await login;
    assert.equal(status, 'ok');
    assert.equal((answer as { id: string }).id, conference.room.of('join')[0]?.participant.id);
    assert.equal((await client.request('text', { to: 'all', message: 'hi' }))[0], 'ok');
    assert.equal(conference.room.of('leave').length, 0, 'the broken connection takes nothing away');
    client.close();
    await until(() => conference.room.of('detach').length === 1, 'a lost connection');
  });

  it('tells the older connection of the same participant that it was replaced', async () => {
    let result: ReturnType<typeof conference.room.admit> | undefined;
    conference.onRoom = (room) => {
      room.script.join = (input) => (result ??= room.admit(input));
    };
    const text = token();
    const older = await connect();
    await older.login(text, { requestId: 'request-8' });
    const newer = await connect();
    assert.equal((await newer.login(text, { requestId: 'request-8' }))[0], 'ok');
    assert.equal(await older.ended, 'io server disconnect');
    assert.deepEqual(older.of('drop'), [[{ reason: 'replaced' }]]);
    assert.equal((await newer.request('text', { to: 'all', message: 'hi' }))[0], 'ok');
    assert.equal(conference.room.of('leave').length, 0);
    newer.close();
  });

  it('makes an address that keeps failing wait', async () => {
    const strict = new World({ portal: { logins_per_minute: 3 } });
    await ScriptedConference.start(strict);
    const { portal: other } = await strict.portal({ keys: new SigningKeys([key]) });
    try {
      for (const code of ['token_malformed', 'token_malformed', 'token_malformed', 'rate_limited']) {
        const client = await Client.connect(other.url);
        const [, error] = await client.login('nonsense');
        assert.equal((error as WireError).code, code);
        if (code === 'rate_limited') assert.ok((error as WireError).retryAfterMs! > 50_000);
        await client.ended;
      }
    } finally {
      await strict.close();
    }
  });
});
