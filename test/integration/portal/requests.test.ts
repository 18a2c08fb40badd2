import assert from 'node:assert/strict';
import type { clientContract } from '../../../common/contract/client.ts';
import { PorticoError, type WireError } from '../../../common/contract/errors.ts';
import type { ServiceContext } from '../../../common/service.ts';
import type { Portal } from '../../../portal/portal.ts';
import { Client } from './support/client.ts';
import { ScriptedAccess } from './support/scripted-access.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { metric, token, until, World } from './support/world.ts';

const sha256 = { algorithm: 'sha-256', value: 'AB:CD' };
const rtpParameters = { codecs: [{ mimeType: 'audio/opus', payloadType: 100, clockRate: 48_000 }] };

describe('requests', () => {
  let world: World;
  let conference: ScriptedConference;
  let access: ScriptedAccess;
  let portal: Portal;
  let context: ServiceContext;
  let client: Client;
  let id: string;

  beforeEach(async () => {
    world = new World({ ice: { stun: ['stun:s.example.com'] } });
    conference = await ScriptedConference.start(world);
    access = await ScriptedAccess.start(world);
    conference.onRoom = (room) => (room.agent = access.id);
    ({ portal, context } = await world.portal());
    client = await Client.connect(portal.url);
    const [, answer] = await client.login(token());
    ({ id } = answer as { id: string });
  });
  afterEach(async () => {
    client.close();
    await world.close();
  });

  const ok = async (event: string, ...args: unknown[]): Promise<unknown> => {
    const [status, data] = await client.request(event, ...args);
    assert.equal(status, 'ok', `${event}: ${JSON.stringify(data)}`);
    return data;
  };
  const fails = async (event: string, ...args: unknown[]): Promise<WireError> => {
    const [status, data] = await client.request(event, ...args);
    assert.equal(status, 'error', event);
    return data as WireError;
  };
  const by = () => ({ participant: id, portal: context.membership.id });

  it('about the room go to its owner, stamped with the participant', async () => {
    const cases: [keyof typeof clientContract, Record<string, unknown>][] = [
      ['unpublish', { id: 'stream-1' }],
      ['unsubscribe', { id: 'subscription-1' }],
      ['stream-control', { id: 'stream-1', operation: 'pause', data: 'av' }],
      ['subscription-control', { id: 'subscription-1', operation: 'play', data: 'audio' }],
      ['control-recording', { id: 'recording-1', operation: 'pause' }],
      ['text', { to: 'all', message: { any: ['json', 1, null] }, id: 'text-1' }],
      ['drop', { id: 'somebody' }],
    ];
    for (const [method, request] of cases) {
      assert.deepEqual(await ok(method, request), {});
      assert.deepEqual(conference.room.calls.at(-1)?.method, method);
      assert.deepEqual(conference.room.calls.at(-1)?.params, { by: by(), request });
    }
  });

  it('keep ids that the client chose, and get one when it chose none', async () => {
    const media = { tracks: [{ type: 'audio', source: 'mic' }] };
    const transport = { type: 'mediasoup' };
    const named = (await ok('publish', { id: 'mine', media, transport })) as { id: string };
    assert.equal(named.id, 'mine');
    const unnamed = (await ok('publish', { media, transport })) as { id: string };
    assert.match(unnamed.id, /^[0-9a-f]{32}$/);
    const from = { tracks: [{ type: 'audio', from: 'mine' }] };
    const subscription = (await ok('subscribe', { media: from, transport })) as { id: string };
    assert.match(subscription.id, /^[0-9a-f]{32}$/);
    await ok('text', { to: 'all', message: 'hi' });
    assert.match(conference.room.of('text')[0]?.request.id ?? '', /^[0-9a-f]{32}$/);
  });

  it('about transports go straight to the agent of the participant', async () => {
    Object.assign(access.answers, {
      getRouterRtpCapabilities: { rtpCapabilities: { codecs: [] } },
      connectTransport: {},
      produce: { id: 'producer-1' },
      consume: {
        id: 'consumer-1',
        producerId: 'producer-1',
        kind: 'audio',
        rtpParameters,
        producerPaused: false,
        type: 'simple',
      },
      resume: {},
      setLayers: {},
      restartIce: { iceParameters: { usernameFragment: 'u', password: 'p' } },
      getStats: { stats: [{ type: 'inbound-rtp' }] },
    });
    const before = conference.room.calls.length;
    const cases: [string, Record<string, unknown> | undefined][] = [
      ['getRouterRtpCapabilities', undefined],
      ['connectTransport', { transportId: 't', dtlsParameters: { fingerprints: [sha256] } }],
      ['produce', { id: 's', track: 's-0', transportId: 't', kind: 'audio', rtpParameters }],
      ['consume', { id: 'x', track: 's-0', transportId: 't', rtpCapabilities: { codecs: [] } }],
      ['resume', { id: 'x' }],
      ['setLayers', { id: 'x', spatialLayer: 1 }],
      ['restartIce', { transportId: 't' }],
      ['getStats', { id: 's' }],
    ];
    for (const [method, request] of cases) {
      const answer = await ok(method, ...(request === undefined ? [] : [request]));
      const expected = access.answers[method] as object;
      const iceServers = [{ urls: ['stun:s.example.com'] }];
      assert.deepEqual(answer, method === 'restartIce' ? { ...expected, iceServers } : expected);
      const { params } = access.calls.at(-1)!;
      const stamped = { room: 'demo', participant: id, portal: context.membership.id };
      assert.deepEqual(params, { ...stamped, request: request ?? {} });
    }
    assert.equal(conference.room.calls.length, before);
  });

  it('createWebRtcTransport comes with ICE servers, and its agent is used from then on', async () => {
    const second = await ScriptedAccess.start(world);
    second.answers['resume'] = {};
    conference.room.agent = second.id;
    const made = (await ok('createWebRtcTransport', { direction: 'send' })) as Record<string, unknown>;
    assert.deepEqual(Object.keys(made).sort(), ['iceServers', 'rtpCapabilities', 'transport']);
    assert.deepEqual(made['iceServers'], [{ urls: ['stun:s.example.com'] }]);
    await ok('resume', { id: 'x' });
    assert.equal(second.calls.length, 1);
    assert.equal(access.calls.length, 0);
  });

  it('fail with the code and sentence of the room or the agent', async () => {
    conference.room.script.unpublish = () => {
      throw new PorticoError('stream_not_found', "stream 'x' not found", { field: 'id' });
    };
    assert.deepEqual(await fails('unpublish', { id: 'x' }), {
      code: 'stream_not_found',
      message: "stream 'x' not found",
      field: 'id',
    });
    assert.equal((await fails('resume', { id: 'x' })).code, 'grant_missing');
  });

  it('hide what unexpected failures say', async () => {
    conference.room.script.unpublish = () => {
      throw new Error('secret details');
    };
    const error = await fails('unpublish', { id: 'x' });
    assert.equal(error.code, 'internal');
    assert.ok(!error.message.includes('secret'));
  });

  it('about transports say what to do when there is none, or its agent is gone', async () => {
    await access.die();
    assert.equal((await fails('resume', { id: 'x' })).code, 'worker_lost');
    const fresh = await Client.connect(portal.url);
    conference.room.agent = undefined;
    await fresh.login(token({ user: 'bob' }));
    const [, error] = await fresh.request('getRouterRtpCapabilities');
    assert.equal((error as WireError).code, 'transport_not_found');
    fresh.close();
  });

  it('negotiated with SDP are not offered', async () => {
    const transport = { type: 'webrtc' };
    const publish = { media: { tracks: [{ type: 'audio' }] }, transport };
    const subscribe = { media: { tracks: [{ type: 'audio', from: 's' }] }, transport };
    for (const [event, input] of [
      ['publish', publish],
      ['subscribe', subscribe],
    ] as const) {
      const error = await fails(event, input);
      assert.equal(error.code, 'not_supported');
      assert.equal(error.field, 'transport.type');
    }
    assert.equal(conference.room.of('publish').length, 0);
  });

  it('of OWT clients fail with a sentence', async () => {
    const owt = await Client.connect(portal.url);
    await owt.login(token({ user: 'owt' }), { protocol: '1.2' });
    const [status, error] = await owt.request('publish', {
      media: { tracks: [{ type: 'audio', mid: '0', source: 'mic' }] },
      transport: { type: 'webrtc' },
    });
    assert.equal(status, 'error');
    assert.equal(typeof error, 'string');
    const [, unknown] = await owt.request('soac', { id: 'x', signaling: {} });
    assert.equal(typeof unknown, 'string');
    owt.close();
  });

  it('are counted by method and result, with their time', async () => {
    await ok('text', { to: 'all', message: 'hi' });
    await fails('resume', { id: 'x' });
    await fails('no such thing');
    const count = (labels: Record<string, string>) => metric(context, 'portico_requests_total', labels);
    await until(async () => (await count({ method: 'unknown', result: 'unknown_method' })) === 1, 'counted');
    assert.equal(await count({ method: 'text', result: 'ok' }), 1);
    assert.equal(await count({ method: 'resume', result: 'grant_missing' }), 1);
    assert.equal(await metric(context, 'portico_logins_total', { result: 'ok' }), 1);
    assert.equal(await metric(context, 'portico_sessions', { state: 'joined' }), 1);
    assert.match(await context.metrics.metrics(), /portico_request_seconds_count\{method="text"\} 1/);
  });
});
