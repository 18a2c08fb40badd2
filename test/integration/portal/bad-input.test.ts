import assert from 'node:assert/strict';
import { clientContract } from '../../../common/contract/client.ts';
import type { WireError } from '../../../common/contract/errors.ts';
import type { ServiceContext } from '../../../common/service.ts';
import type { Portal } from '../../../portal/portal.ts';
import { Client } from './support/client.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { metric, token, until, World } from './support/world.ts';

describe('bad input', () => {
  let world: World;
  let conference: ScriptedConference;
  let portal: Portal;
  let context: ServiceContext;
  let client: Client;

  before(async () => {
    world = new World();
    conference = await ScriptedConference.start(world);
    ({ portal, context } = await world.portal());
  });
  after(async () => {
    await world.close();
  });
  beforeEach(async () => {
    client = await Client.connect(portal.url);
    await client.login(token());
  });
  afterEach(async () => {
    // Whatever was sent, this client's connection and the portal are well.
    assert.equal((await client.request('text', { to: 'all', message: 'well' }))[0], 'ok');
    client.close();
  });

  async function refused(code: string, event: string, ...args: unknown[]): Promise<WireError> {
    const [status, error] = await client.request(event, ...args);
    assert.equal(status, 'error', event);
    assert.equal((error as WireError).code, code, event);
    assert.ok((error as WireError).message.length > 5);
    return error as WireError;
  }

  /** Sends a Socket.IO packet as text; resolves with the packet that starts like this. */
  async function raw(packet: string, start: string): Promise<string> {
    const { engine } = client.socket.io;
    return await new Promise((resolve) => {
      const listen = (data: unknown) => {
        if (typeof data !== 'string' || !data.startsWith(start)) return;
        engine.off('data', listen);
        resolve(data);
      };
      engine.on('data', listen);
      engine.write(packet);
    });
  }

  it('before login every method is an illegal request, after a moment in which the login may follow', async () => {
    const stranger = await Client.connect(portal.url);
    const entries = ['login', 'relogin'];
    const methods = Object.keys(clientContract).filter((name) => !entries.includes(name));
    const answers = await Promise.all(methods.map((method) => stranger.request(method, { id: 'x' })));
    for (const [index, [status, error]] of answers.entries()) {
      assert.equal(status, 'error');
      assert.equal((error as WireError).code, 'illegal_request', methods[index]);
    }
    stranger.close();
  });

  it('before login only so many requests wait', async () => {
    const stranger = await Client.connect(portal.url);
    const requests = Array.from({ length: 60 }, () => stranger.request('unpublish', { id: 'x' }));
    const first = await Promise.race(requests);
    assert.equal((first[1] as WireError).code, 'illegal_request');
    assert.equal((await stranger.login(token()))[0], 'ok');
    const answers = await Promise.all(requests);
    assert.equal(answers.filter(([status]) => status === 'ok').length, 50);
    stranger.close();
  });

  it('unknown events are refused, also names that objects have by themselves', async () => {
    const events = [
      'soac',
      'nonsense',
      '',
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      'error',
    ];
    for (const event of events) await refused('unknown_method', event, {});
    await refused('unknown_method', 'x'.repeat(50_000));
  });

  it('events without an acknowledgement are carried out or ignored', async () => {
    client.socket.emit('nonsense', 1, 2, 3);
    client.socket.emit('error');
    client.socket.emit('publish');
    client.socket.emit('text', { to: 'all', message: 'no answer wanted' });
    const came = () =>
      conference.room.of('text').some(({ request }) => request.message === 'no answer wanted');
    await until(came, 'the text');
    assert.ok((await metric(context, 'portico_requests_total', { method: 'unknown' })) >= 1);
  });

  it('a wrong type is named by its field', async () => {
    const cases: [string, unknown, string][] = [
      ['unpublish', { id: 5 }, 'id'],
      ['unpublish', {}, 'id'],
      ['unpublish', { id: 'x', more: 1 }, 'more'],
      ['unpublish', { id: '' }, 'id'],
      ['unpublish', { id: '../../etc' }, 'id'],
      ['publish', { media: { tracks: [] }, transport: { type: 'mediasoup' } }, 'media.tracks'],
      [
        'publish',
        { media: { tracks: [{ type: 'smell' }] }, transport: { type: 'mediasoup' } },
        'media.tracks[0].type',
      ],
      ['stream-control', { id: 's', operation: 'explode', data: 'av' }, 'operation'],
      ['text', { to: '', message: 'x' }, 'to'],
      ['text', { to: 'all' }, 'message'],
      ['createWebRtcTransport', { direction: 'sideways' }, 'direction'],
      ['setLayers', { id: 'x', spatialLayer: 1e9 }, 'spatialLayer'],
    ];
    for (const [event, input, field] of cases) {
      assert.equal((await refused('bad_request', event, input)).field, field, JSON.stringify(input));
    }
  });

  it('garbage RTP, DTLS and ICE parameters are refused', async () => {
    const produce = { id: 's', track: 's-0', transportId: 't', kind: 'audio' };
    for (const rtpParameters of [
      undefined,
      null,
      5,
      [],
      {},
      { codecs: [] },
      { codecs: [{ payloadType: -1 }] },
    ]) {
      await refused('bad_request', 'produce', { ...produce, rtpParameters });
    }
    for (const dtlsParameters of [
      {},
      { fingerprints: [] },
      { fingerprints: [{ algorithm: 'md5', value: 'x' }] },
    ]) {
      await refused('bad_request', 'connectTransport', { transportId: 't', dtlsParameters });
    }
  });

  it('no object at all is refused', async () => {
    for (const input of [null, undefined, 'text', 7, true, [], [{}]]) {
      await refused('bad_request', 'unpublish', input);
    }
    await refused('bad_request', 'unpublish');
  });

  it('more than one argument is refused', async () => {
    await refused('bad_request', 'unpublish', { id: 'a' }, { id: 'b' });
  });

  it('binary data is refused where text belongs', async () => {
    await refused('bad_request', 'unpublish', Buffer.from('x'));
    await refused('bad_request', 'unpublish', { id: Buffer.from('x') });
    await refused('bad_request', 'text', { to: 'all', message: Buffer.alloc(1000) });
  });

  it('deeply nested values are refused', async () => {
    const nest = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    for (const levels of [33, 40, 5_000, 60_000]) {
      // Deeper than what this side could encode: written as text.
      const answer = raw(`2999["text",{"to":"all","message":${nest(levels)}}]`, '3999');
      assert.match(await answer, /"error",\{"code":"bad_request"/);
    }
    assert.match(await raw(`2998["text",{"to":"all","message":${nest(20)}}]`, '3998'), /"ok"/);
  });

  it('prototype pollution is refused', async () => {
    const polluted = JSON.parse('{"id":"x","__proto__":{"admin":true}}') as unknown;
    await refused('bad_request', 'unpublish', polluted);
    assert.equal(({} as Record<string, unknown>)['admin'], undefined);
  });

  it('huge strings and names come back shortened', async () => {
    const huge = 'x'.repeat(100_000);
    for (const input of [{ id: huge }, { id: 'x', [huge]: 1 }]) {
      const error = await refused('bad_request', 'unpublish', input);
      assert.ok(JSON.stringify(error).length < 2_000);
    }
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`key${String(n)}`, n]));
    assert.ok(JSON.stringify(await refused('bad_request', 'unpublish', many)).length < 2_000);
  });

  it('a message over the limit ends only the connection that sent it', async () => {
    const sender = await Client.connect(portal.url);
    await sender.login(token({ user: 'bob' }));
    sender.socket.emit('text', { to: 'all', message: 'x'.repeat(200_000) });
    assert.match(await sender.ended, /transport/);
  });

  it('a malformed packet ends only the connection that sent it', async () => {
    const packets = [
      '2',
      '2{',
      '2["text"',
      '2[',
      '29',
      '5x-',
      '59999999-["text"]',
      '451-["x",{"_placeholder":true,"num":9}]',
    ];
    for (const packet of [...packets, '2["disconnect"]', '2[5]', '2{"a":1}', '3', '3[]', '39[1]']) {
      const sender = await Client.connect(portal.url);
      await sender.login(token({ user: 'bob' }));
      // The engine below Socket.IO takes any text.
      sender.socket.io.engine.write(packet);
      // Some are harmless; a second one makes sure that those are over as well.
      sender.socket.io.engine.write('7');
      assert.match(await sender.ended, /transport|server/);
    }
  });
});
