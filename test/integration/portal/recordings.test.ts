import assert from 'node:assert/strict';
import type { RecordingInfo } from '../../../common/contract/client.ts';
import { EgressId, StreamId } from '../../../common/contract/ids.ts';
import type { MemberId } from '../../../common/contract/ids.ts';
import type { Portal } from '../../../portal/portal.ts';
import { Client } from './support/client.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { token, World } from './support/world.ts';

const recording: RecordingInfo = {
  id: EgressId.parse('recording-1'),
  streams: [StreamId.parse('demo-common')],
  startedAt: 1_000,
  status: 'active',
};

describe('recordings of a room', () => {
  let world: World;
  let conference: ScriptedConference;
  let portal: Portal;
  let here: MemberId;

  beforeEach(async () => {
    world = new World();
    conference = await ScriptedConference.start(world);
    conference.onRoom = (room) => {
      room.recordings = [recording];
    };
    const started = await world.portal();
    portal = started.portal;
    here = started.context.membership.id;
  });
  afterEach(async () => {
    await world.close();
  });

  const join = async (protocol: string) => {
    const client = await Client.connect(portal.url);
    const [status, answer] = await client.login(token(), { protocol });
    assert.equal(status, 'ok', JSON.stringify(answer));
    return { client, room: (answer as { room: Record<string, unknown> }).room };
  };
  const text = { name: 'text' as const, data: { from: 'bob' as never, to: 'all' as const, message: 'end' } };

  it('are in the answer to a login, and told when they change', async () => {
    const { client, room } = await join('portico/1');
    assert.deepEqual(room['recordings'], [recording]);
    const changed = { status: 'changed' as const, data: { ...recording, status: 'paused' as const } };
    await conference.room.tell(here, { event: { name: 'recording', data: changed } });
    const [[payload] = []] = await client.notified('recording', 1);
    assert.deepEqual(payload, changed);
    client.close();
  });

  for (const protocol of ['1.2', '1.1', '1.0']) {
    it(`are nothing that clients of OWT ${protocol} know`, async () => {
      const { client, room } = await join(protocol);
      assert.deepEqual(Object.keys(room).sort(), ['id', 'participants', 'streams', 'views']);
      const started = { status: 'started' as const, data: recording };
      await conference.room.tell(here, { event: { name: 'recording', data: started } }, { event: text });
      await client.notified('text', 1);
      assert.deepEqual(client.of('recording'), []);
      client.close();
    });
  }

  it('are asked for with an id, so that a retry begins one', async () => {
    const { client } = await join('portico/1');
    const [status, answer] = await client.request('start-recording', { container: 'webm' });
    const [asked] = conference.room.of('start-recording');
    assert.match(asked?.request.requestId ?? '', /^[0-9a-f]{32}$/);
    assert.deepEqual([status, asked?.request.container], ['ok', 'webm']);
    assert.equal((answer as { recording: RecordingInfo }).recording.id, asked?.request.requestId);
    const chosen = { stream: 'demo-common', requestId: 'request-1' };
    await client.request('start-recording', chosen);
    assert.deepEqual(conference.room.of('start-recording')[1]?.request, chosen);
    client.close();
  });

  it('are not asked for in vain', async () => {
    const { client } = await join('portico/1');
    for (const [method, request, field] of [
      ['start-recording', { container: 'avi' }, 'container'],
      ['start-recording', { view: 'common' }, 'view'],
      ['start-recording', { requestId: 'x' }, 'requestId'],
      ['control-recording', { id: 'recording-1', operation: 'rewind' }, 'operation'],
      ['control-recording', { operation: 'stop' }, 'id'],
    ] as const) {
      const [status, error] = await client.request(method, request);
      assert.deepEqual([status, (error as { field: string }).field], ['error', field]);
    }
    client.close();
  });
});
