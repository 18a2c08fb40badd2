import assert from 'node:assert/strict';
import fc from 'fast-check';
import { until } from '../../support/until.ts';
import { camera, microphone } from './support/fake-media.ts';
import { joined, next, setup, token } from './support/joined.ts';
import { streamInfo } from './support/room.ts';
import { nameOf, Refusal, silence, ticket } from './support/scripted-server.ts';
import { clock } from './support/clock.ts';
import type { Conference } from '../../../client/sdk/index.ts';
import type { ScriptedServer } from './support/scripted-server.ts';

const withStream = (server: ScriptedServer): void => {
  server.streams = [streamInfo('his', 'bob')];
};

const say = (server: ScriptedServer, message: string, id?: string): void => {
  server.tell('text', { from: 'bob', to: 'all', message, id });
};

/** States and messages, as they come. */
function record(conference: Conference): string[] {
  const heard: string[] = [];
  conference.on('state', ({ state }) => heard.push(state));
  conference.on('text', ({ message }) => heard.push(String(message)));
  return heard;
}

const state = async (conference: Conference, wanted: string): Promise<void> => {
  while (conference.state !== wanted) await next(conference, 'state');
};

describe('a connection that breaks', () => {
  it('is made again with the ticket, and what was missed comes once and in order', async () => {
    const { conference, server } = await joined();
    const heard = record(conference);
    say(server, 'one');
    const { cursor } = server;
    server.disconnect();
    assert.equal(conference.state, 'reconnecting');
    say(server, 'two');
    say(server, 'three');
    await state(conference, 'connected');
    say(server, 'four');
    await server.until(() => heard.includes('four'));
    assert.deepEqual(heard, ['one', 'reconnecting', 'connected', 'two', 'three', 'four']);
    const [relogin] = server.seen('relogin');
    assert.equal(relogin?.['ticket'], server.ticket);
    assert.deepEqual(relogin?.['cursor'], cursor);
    const { transports } = relogin?.['held'] as { transports: string[] };
    assert.deepEqual(transports, ['transport-1', 'transport-2']);
  });

  it('may break again, and each ticket is used for the next return', async () => {
    const { conference, server } = await joined();
    for (const expected of ['first', 'first+', 'first++']) {
      server.disconnect();
      await state(conference, 'connected');
      assert.equal(nameOf(server.seen('relogin').at(-1)?.['ticket']), expected);
    }
  });

  it('keeps streams and subscriptions as they are', async () => {
    const { conference, server } = await joined(withStream);
    const publication = await conference.publish({ audio: microphone() });
    const subscription = await conference.subscribe('his');
    const events: string[] = [];
    publication.on('state', (event) => events.push(event.state));
    subscription.on('state', (event) => events.push(event.state));
    server.disconnect();
    await state(conference, 'connected');
    assert.deepEqual(events, []);
    assert.equal(server.seen('publish').length, 1);
    assert.equal(server.seen('subscribe').length, 1);
    const { held } = server.seen('relogin')[0] as { held: Record<string, string[]> };
    assert.deepEqual(held['publications'], [publication.id]);
    assert.deepEqual(held['subscriptions'], [subscription.wireId]);
  });

  it('makes again what the server does not have any more', async () => {
    const { conference, server } = await joined(withStream);
    const publication = await conference.publish({ audio: microphone(), video: camera() });
    const subscription = await conference.subscribe('his');
    server.lost.add(publication.id).add(subscription.wireId ?? '');
    const interrupted = Promise.all([next(publication, 'interrupted'), next(subscription, 'interrupted')]);
    const resumed = Promise.all([next(publication, 'resumed'), next(subscription, 'resumed')]);
    server.disconnect();
    assert.deepEqual(await interrupted, [{ reason: 'orphaned' }, { reason: 'orphaned' }]);
    await resumed;
    assert.deepEqual(
      server.seen('publish').map(({ id }) => id),
      [publication.id, publication.id],
    );
    assert.equal(server.seen('subscribe').length, 2);
  });

  it('in the middle of publishing does not fail it', async () => {
    const { conference, server } = await joined();
    server.once('produce', () => {
      server.disconnect();
      return silence;
    });
    const publication = await conference.publish({ audio: microphone() });
    assert.equal(publication.state, 'active');
    const { held } = server.seen('relogin')[0] as { held: Record<string, string[]> };
    assert.deepEqual(held['publications'], [publication.id], 'the server must not close what is being made');
    assert.equal(server.seen('publish').length, 1);
    assert.equal(server.seen('produce').length, 2);
  });

  it('in the middle of publishing begins anew when the server has lost the beginning', async () => {
    const { conference, server } = await joined();
    server.once('produce', ({ id }) => {
      server.lost.add(String(id));
      server.disconnect();
      return silence;
    });
    const publication = await conference.publish({ audio: microphone() });
    assert.equal(publication.state, 'active');
    assert.equal(server.seen('publish').length, 2);
    assert.equal(server.seen('produce').length, 2, 'the first one is not repeated');
  });

  it('lets requests wait, and sends those again whose answer was lost', async () => {
    const { conference, server } = await joined();
    server.once('text', () => {
      server.disconnect();
      return silence;
    });
    const lost = conference.send('lost');
    await state(conference, 'reconnecting');
    const waiting = conference.send('waiting');
    const publishing = conference.publish({ audio: microphone() });
    await Promise.all([lost, waiting, publishing]);
    const [first, again, other] = server.seen('text');
    assert.deepEqual(first, again);
    assert.equal(other?.['message'], 'waiting');
    const methods = server.requests.map(({ method }) => method);
    assert.ok(methods.indexOf('relogin') < methods.lastIndexOf('text'));
  });

  it('does not let a message be heard twice', async () => {
    const { conference, server } = await joined();
    const heard = record(conference);
    say(server, 'hello', 'id-1');
    say(server, 'hello', 'id-1');
    server.tell('text', { from: 'carol', to: 'all', message: 'me too', id: 'id-1' });
    assert.deepEqual(heard, ['hello', 'me too']);
  });

  it('tells a snapshot as ordinary events, with the texts that are left before', async () => {
    const { conference, server } = await joined(withStream);
    const heard = record(conference);
    conference.on('streamRemoved', ({ stream }) => heard.push(`-${stream.id}`));
    conference.on('participantLeft', ({ participant }) => heard.push(`left ${participant.id}`));
    server.on('relogin', (input) => {
      const room = { ...(server.loginAnswer(0) as { room: object }).room, streams: [], participants: [] };
      server.socket.fire('text', { from: 'bob', to: 'all', message: 'late' }, { epoch: 9, seq: 5, prev: 4 });
      server.socket.fire('room', room, { epoch: 9, seq: 20, prev: 5 });
      return { ...server.reloginAnswer(input), resume: 'snapshot' };
    });
    server.disconnect();
    await server.until(() => heard.includes('left bob'));
    assert.deepEqual(heard, ['reconnecting', 'connected', 'late', '-his', 'left bob']);
  });

  it('is over when the server refuses the ticket', async () => {
    for (const code of ['ticket_revoked', 'ticket_used', 'participant_not_found', 'room_closed']) {
      const { conference, server } = await joined();
      server.on('relogin', () => new Refusal(code));
      const closed = next(conference, 'closed');
      const sent = (async () => {
        await state(conference, 'reconnecting');
        await assert.rejects(conference.send('x'), { code: 'ended' });
      })();
      server.disconnect();
      const { reason, error } = await closed;
      assert.equal(reason, 'reconnect_failed');
      assert.equal(error?.code, code);
      await sent;
      assert.ok(server.sockets.every(({ connected }) => !connected));
    }
  });

  it('is looked for further when a portal cannot take us now', async () => {
    const { conference, server } = await joined();
    for (const code of ['unavailable', 'closing']) server.once('relogin', () => new Refusal(code));
    server.disconnect();
    await state(conference, 'connected');
    assert.ok(server.seen('relogin').length >= 2);
    assert.ok(server.seen('relogin').every((one) => one['ticket'] === server.ticket));
  });

  it('is made with another portal when this one is gone', async () => {
    const { conference, server } = await joined((one) => {
      one.portals = ['http://localhost', 'http://other:8080/base'];
    });
    server.reach = (origin) => (origin === 'http://other:8080' ? 'open' : 'refused');
    server.disconnect();
    await state(conference, 'connected');
    assert.equal(server.socket.origin, 'http://other:8080');
  });

  it('is not made again after leaving', async () => {
    const { conference, server } = await joined();
    server.reach = () => 'silent';
    server.disconnect();
    await conference.leave();
    assert.equal(conference.state, 'closed');
    assert.ok(server.sockets.every(({ closed }) => closed));
  });

  it('is given up when the ticket has expired', async () => {
    const { conference, server } = await joined((one) => {
      one.ticket = ticket('short', 100);
    });
    server.reach = () => 'silent';
    const closed = next(conference, 'closed');
    server.disconnect();
    const { reason, error } = await closed;
    assert.equal(reason, 'reconnect_failed');
    assert.equal(error?.code, 'ticket_expired');
  });
});

describe('a connection that is silent', () => {
  beforeEach(() => {
    clock.start();
  });

  afterEach(() => {
    clock.stop();
  });

  it('has to prove itself, and is replaced when it does not', async () => {
    const { conference, server } = await joined();
    server.on('text', () => silence);
    server.on('resync', () => silence);
    const sent = conference.send('x');
    await clock.pass(4050);
    assert.equal(server.seen('resync').length, 1);
    assert.equal(conference.state, 'connected');
    server.on('text', () => ({}));
    await clock.pass(2100);
    await sent;
    assert.equal(conference.state, 'connected');
    assert.equal(server.seen('relogin').length, 1);
  });

  it('stays when it answers, whatever the answer is', async () => {
    const { conference, server } = await joined();
    server.on('text', () => silence);
    server.on('resync', () => new Refusal('unavailable'));
    const sent = assert.rejects(conference.send('x'), { code: 'timeout' });
    await clock.pass(11_000);
    await sent;
    assert.equal(server.seen('relogin').length, 0);
  });
});

describe('what was delivered', () => {
  beforeEach(() => {
    clock.start();
  });

  afterEach(() => {
    clock.stop();
  });

  it('is acknowledged, several notifications at a time', async () => {
    const { server } = await joined();
    for (let n = 0; n < 3; n += 1) say(server, 'x');
    await clock.pass(240);
    assert.deepEqual(server.said, []);
    await clock.pass(20);
    assert.deepEqual(server.said, [{ method: 'ack', input: server.cursor }]);
    for (let n = 0; n < 50; n += 1) say(server, 'x');
    assert.deepEqual(server.said[1], { method: 'ack', input: server.cursor });
    await clock.pass(1000);
    assert.equal(server.said.length, 2);
  });

  it('is asked for again where something is missing, and comes in order', async () => {
    const { conference, server } = await joined();
    const heard = record(conference);
    server.on('resync', () => ({ resume: 'replay' }));
    say(server, 'one');
    server.loseOne('text', { from: 'bob', to: 'all', message: 'two' });
    say(server, 'three');
    say(server, 'four');
    assert.deepEqual(heard, ['one']);
    await clock.pass(20);
    assert.deepEqual(server.seen('resync'), [{ cursor: { epoch: 1, seq: 101 } }]);
    assert.deepEqual(heard, ['one', 'two', 'three', 'four']);
  });

  it('comes on another connection when this one cannot bring it', async () => {
    const { conference, server } = await joined();
    const heard = record(conference);
    server.on('resync', () => new Refusal('internal'));
    server.loseOne('text', { from: 'bob', to: 'all', message: 'one' });
    say(server, 'two');
    await clock.pass(7000);
    assert.deepEqual(heard, ['reconnecting', 'connected', 'one', 'two']);
  });
});

describe('notifications over any number of breaks', () => {
  type Play = (server: ScriptedServer) => void;
  const everything = { epoch: 1, seq: 100 };
  const half = (server: ScriptedServer, n: number): void => {
    server.replay({ ...server.cursor, seq: server.cursor.seq - n });
  };

  /** What may happen to a connection and to what is told over it. */
  const plays: Record<string, Play> = {
    'another notification': () => undefined,
    'one that is lost': () => undefined,
    'the last ones again': (server) => {
      half(server, 3);
    },
    'all of them again': (server) => {
      server.replay(everything);
    },
    'a break': (server) => {
      server.disconnect();
    },
    'a break, and a second one before the answer': (server) => {
      server.once('relogin', () => {
        half(server, 2);
        server.disconnect();
        return silence;
      });
      server.disconnect();
    },
    'a break, and some of it before the answer': (server) => {
      server.once('relogin', (input) => {
        half(server, 2);
        return server.reloginAnswer(input);
      });
      server.disconnect();
    },
    'a break, and a portal that cannot yet': (server) => {
      server.once('relogin', () => new Refusal('unavailable'));
      server.disconnect();
    },
    'a portal that is about to end': (server) => {
      const portals = ['http://localhost', 'http://other'];
      server.hint('portals', { portals, move: true });
    },
  };

  it('are each heard once and in order', async function () {
    this.timeout(30_000);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...Object.keys(plays)), { maxLength: 12 }), async (names) => {
        const { conference, server } = await joined();
        server.on('resync', () => ({ resume: 'replay' }));
        const heard: string[] = [];
        conference.on('text', ({ message }) => heard.push(String(message)));
        const told: string[] = [];
        for (const name of names) {
          told.push(`${told.length} ${name}`);
          const message = { from: 'bob', to: 'all', message: told.at(-1) };
          if (name === 'one that is lost') server.loseOne('text', message);
          else server.tell('text', message);
          plays[name]?.(server);
          if (told.length % 3 === 0) await state(conference, 'connected');
        }
        await state(conference, 'connected');
        server.disconnect();
        await state(conference, 'connected');
        await until(() => heard.length >= told.length, { what: 'everything is heard' });
        assert.deepEqual(heard, told);
        await conference.leave();
      }),
      { seed: 5, numRuns: 30, endOnFailure: true },
    );
  });
});

describe('a ticket', () => {
  it('is told to the application when it has joined', async () => {
    const { conference } = setup();
    const told: string[] = [];
    conference.on('ticket', (event) => told.push(`${conference.state} ${nameOf(event.ticket)}`));
    await conference.join(token);
    assert.deepEqual(told, ['connected first']);
  });

  it('is renewed in time', async () => {
    clock.start();
    const { conference, server } = await joined((one) => {
      one.ticket = ticket('first', 120_000);
    });
    const tickets: string[] = [];
    conference.on('ticket', (event) => tickets.push(nameOf(event.ticket)));
    await clock.pass(60_100);
    assert.deepEqual(tickets, ['renewed']);
    server.disconnect();
    await state(conference, 'connected');
    assert.deepEqual(tickets, ['renewed', 'renewed+']);
    clock.stop();
  });

  it('brings back a page that was reloaded', async () => {
    const { conference, server } = setup({ url: 'http://localhost' });
    server.streams = [streamInfo('his', 'bob')];
    const told: string[] = [];
    conference.on('ticket', (event) => told.push(nameOf(event.ticket)));
    const result = await conference.rejoin(ticket('kept'));
    assert.deepEqual(
      result.streams.map(({ id }) => id),
      ['his'],
    );
    assert.equal(result.self.id, 'me');
    const [relogin] = server.seen('relogin');
    assert.deepEqual(relogin?.['transports'], ['send', 'recv']);
    assert.equal('cursor' in (relogin ?? {}), false);
    assert.equal('held' in (relogin ?? {}), false);
    assert.deepEqual(told, ['kept+']);
    const publication = await conference.publish({ audio: microphone() });
    assert.equal(publication.state, 'active');
  });

  it('that is refused closes the conference with the code of the server', async () => {
    const { conference, server } = setup({ url: 'http://localhost' });
    server.on('relogin', () => new Refusal('ticket_revoked'));
    const closed = next(conference, 'closed');
    await assert.rejects(conference.rejoin(ticket()), { code: 'ticket_revoked' });
    assert.equal((await closed).reason, 'join_failed');
  });

  it('is shown again while the server cannot be reached', async () => {
    const { conference, server } = setup({ url: 'http://localhost', requestTimeoutMs: 2000 });
    server.reach = () => {
      server.reach = () => 'open';
      return 'refused';
    };
    await conference.rejoin(ticket());
    assert.equal(conference.state, 'connected');
  });
});

describe('somebody who has come back elsewhere', () => {
  it('closes this one, which stays away', async () => {
    const { conference, server } = await joined();
    const dropped: unknown[] = [];
    conference.on('dropped', (event) => dropped.push(event));
    const closed = next(conference, 'closed');
    server.hint('drop', { reason: 'replaced' });
    server.disconnect('io server disconnect');
    assert.deepEqual(await closed, { reason: 'replaced' });
    assert.deepEqual(dropped, []);
    assert.equal(server.sockets.length, 1);
  });
});

describe('a portal that is about to end', () => {
  const move = (server: ScriptedServer, portals = ['http://localhost', 'http://other']): void => {
    server.hint('portals', { portals, move: true });
  };

  it('is left for another one, without a break', async () => {
    const { conference, server } = await joined();
    const heard = record(conference);
    const [old] = server.sockets;
    move(server);
    say(server, 'before');
    await server.asked('relogin');
    assert.equal(old?.connected, true, 'until the other one has us');
    await server.until(() => old.closed);
    await conference.send('x');
    say(server, 'after');
    assert.deepEqual(heard, ['before', 'after']);
    assert.equal(server.socket.origin, 'http://other');
    assert.equal(server.seen('relogin').length, 1);
  });

  it('may say that we are elsewhere before the other one has answered', async () => {
    const { conference, server } = await joined();
    const heard = record(conference);
    const [old] = server.sockets;
    server.once('relogin', (input) => {
      old?.fire('drop', { reason: 'replaced' });
      old?.break('io server disconnect');
      return server.reloginAnswer(input);
    });
    move(server);
    await server.until(() => server.seen('relogin').length === 1);
    await conference.send('x');
    assert.deepEqual(heard, []);
    assert.equal(server.socket.origin, 'http://other');
  });

  it('serves on while the other one does not take us', async () => {
    const { conference, server } = await joined();
    const heard = record(conference);
    const [old] = server.sockets;
    server.once('relogin', () => new Refusal('ticket_used'));
    move(server);
    await server.asked('relogin');
    const sent = conference.send('x');
    await server.until(() => server.sockets[1]?.closed === true);
    await sent;
    assert.equal(old?.connected, true);
    assert.deepEqual(heard, []);
  });

  it('that ends meanwhile is a connection that breaks', async () => {
    const { conference, server } = await joined();
    const heard = record(conference);
    const [old] = server.sockets;
    server.once('relogin', () => {
      old?.break();
      return new Refusal('unavailable');
    });
    move(server);
    await state(conference, 'reconnecting');
    await state(conference, 'connected');
    assert.deepEqual(heard, ['reconnecting', 'connected']);
  });

  it('is not left when there is no other', async () => {
    const { conference, server } = await joined();
    move(server, ['http://localhost']);
    server.disconnect();
    await state(conference, 'connected');
    assert.equal(server.socket.origin, 'http://localhost');
  });
});
