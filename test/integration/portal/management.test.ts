import assert from 'node:assert/strict';
import { signingKey } from '../../../common/auth/keys.ts';
import { Caller } from '../../../common/bus/contract.ts';
import { memberContract, type ParticipantRecord } from '../../../common/contract/cluster.ts';
import { memberAddress } from '../../../common/contract/ids.ts';
import type { WireError } from '../../../common/contract/errors.ts';
import { serviceChangedTopic } from '../../../common/contract/management.ts';
import { portalContract } from '../../../common/contract/portal.ts';
import type { ServiceContext } from '../../../common/service.ts';
import { ScriptedApi, storedRoom } from '../../support/scripted-api.ts';
import { Client } from './support/client.ts';
import { useScene } from './support/scene.ts';
import { token, until } from './support/world.ts';

const secret = 'the secret of an application, long enough';
const app = signingKey('app', secret);

describe('a portal and the management API', () => {
  const scene = useScene();
  let api: ScriptedApi;
  let context: ServiceContext;
  beforeEach(async () => {
    context = await scene.world.context('api');
    api = await ScriptedApi.create(context);
    await context.membership.announce();
    scene.world.onClose(() => api.close());
    await until(() => scene.context.membership.members('api').length > 0, 'the portal knows the API');
    api.keys.set('app', secret);
  });

  const login = async (change: Parameters<typeof token>[0] = {}, more: Record<string, unknown> = {}) => {
    const client = await Client.connect(scene.portal.url);
    const [status, answer] = await client.login(token({ key: app, ...change }), more);
    return {
      client,
      status,
      answer: answer as WireError & { id: string; permission: unknown; ticket: string },
    };
  };

  it('take tokens of services of the store, whose keys are asked for once', async () => {
    const first = await login();
    assert.equal(first.status, 'ok', JSON.stringify(first.answer));
    const second = await login({ user: 'bob' });
    assert.equal(second.status, 'ok');
    assert.equal(api.asked['service.key'], 1);
    const [join] = scene.conference.room.of('join');
    assert.equal(join?.token.service, 'app');
    assert.ok(Math.abs((join?.token.iat ?? 0) - Date.now() / 1000) < 5);
  });

  it('refuse keys that nobody knows, and those that are gone as soon as that is told', async () => {
    const stranger = await login({ key: signingKey('nobody', secret) });
    assert.equal(stranger.answer.code, 'token_signature');
    assert.equal((await login()).status, 'ok');
    api.keys.set('app', 'another secret of the application, long enough');
    await context.bus.publish(serviceChangedTopic, { id: 'app' });
    const old = await login();
    assert.equal(old.answer.code, 'token_signature');
  });

  it('say that it is worth while to try again when keys cannot be read', async () => {
    api.broken = true;
    const { answer } = await login();
    assert.equal(answer.code, 'unavailable');
    api.broken = false;
    assert.equal((await login()).status, 'ok');
    api.broken = true;
    assert.equal((await login({ user: 'bob' })).status, 'ok', 'what is known is known');
  });

  it('remember the settings of a room and tell them to whoever owns it next', async () => {
    await login();
    const { room } = scene.conference;
    const caller = new Caller(scene.conference.context.bus, memberContract);
    const here = memberAddress(scene.here);
    const stored = storedRoom({}, { version: 3 });
    await caller.call(here, 'room.owner', { room: room.id, owner: room.owner, stored });
    assert.deepEqual((await caller.call(here, 'room.inventory', { room: room.id })).stored, stored);
    await caller.call(here, 'room.owner', { room: room.id, owner: room.owner });
    assert.equal((await caller.call(here, 'room.inventory', { room: room.id })).stored, undefined);
  });

  describe('when the permission of somebody changes', () => {
    const permission = { publish: { audio: true, video: false } };

    const update = async (id: string) => {
      const { room } = scene.conference;
      const record = [...room.records.values()].find((one) => one.id === id) as ParticipantRecord;
      const caller = new Caller(scene.conference.context.bus, portalContract);
      const changed = { ...record, permission, permittedAt: 5 };
      const params = { room: room.id, owner: room.owner, record: changed };
      await caller.call(memberAddress(scene.here), 'participant.update', params);
      const members = new Caller(scene.conference.context.bus, memberContract);
      return await members.call(memberAddress(scene.here), 'room.inventory', { room: room.id });
    };

    it('keep it, tell our own client, and put it into the next ticket', async () => {
      const { client, answer } = await login();
      const { participants } = await update(answer.id);
      assert.deepEqual([participants[0]?.permission, participants[0]?.permittedAt], [permission, 5]);
      assert.deepEqual(await client.notified('permission'), [[{ permission }]]);
      const [status, renewed] = await client.request('refreshReconnectionTicket', {});
      assert.equal(status, 'ok');
      const { ticket } = renewed as { ticket: string };
      const fields = JSON.parse(Buffer.from(ticket, 'base64').toString()) as Record<string, unknown>;
      assert.deepEqual([fields['permission'], fields['permittedAt']], [permission, 5]);
    });

    it('tell nothing to clients of OWT', async () => {
      const { client, answer } = await login({}, { protocol: '1.2', requestId: undefined });
      const { participants } = await update(answer.id);
      assert.deepEqual(participants[0]?.permission, permission);
      await client.request('refreshReconnectionTicket');
      assert.deepEqual(client.of('permission'), []);
    });
  });
});
