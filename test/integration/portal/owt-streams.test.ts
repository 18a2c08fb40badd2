import assert from 'node:assert/strict';
import type { Notification, Protocol } from '../../../common/contract/client.ts';
import { StreamInfo } from '../../../common/contract/media.ts';
import { StreamId } from '../../../common/contract/ids.ts';
import type { MemberId } from '../../../common/contract/ids.ts';
import type { Portal } from '../../../portal/portal.ts';
import { Client } from './support/client.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { token, World } from './support/world.ts';

const track = (id: string, type: 'audio' | 'video') => ({
  ...{ id, type, source: 'mixed', status: 'active', optional: { format: [] } },
  format: { codec: type === 'audio' ? 'opus' : 'vp8' },
});
const mixed = StreamInfo.parse({
  ...{ id: 'demo-common', type: 'mixed', status: 'active', data: false },
  media: { tracks: [track('demo-common-0', 'audio'), track('demo-common-1', 'video')] },
  info: { label: 'common', activeInput: 'unknown', layout: [] },
});
const area = { left: '0/1', top: '0/1', width: '1/1', height: '1/1' };
const layout = [{ stream: StreamId.parse('s'), region: { id: '1', shape: 'rectangle' as const, area } }];
const changed: Notification[] = [
  {
    name: 'stream',
    data: { id: StreamId.parse('s'), status: 'update', data: { field: 'inViews', value: [] } },
  },
  {
    name: 'stream',
    data: { id: mixed.id, status: 'update', data: { field: 'video.layout', value: layout } },
  },
  { name: 'stream', data: { id: mixed.id, status: 'update', data: { field: 'activeInput', value: 's' } } },
];

describe('mixed streams of a room', () => {
  let world: World;
  let conference: ScriptedConference;
  let portal: Portal;
  let here: MemberId;

  beforeEach(async () => {
    world = new World();
    conference = await ScriptedConference.start(world);
    conference.onRoom = (room) => {
      room.streams = [mixed];
    };
    const started = await world.portal();
    portal = started.portal;
    here = started.context.membership.id;
  });
  afterEach(async () => {
    await world.close();
  });

  async function join(protocol: Protocol) {
    const client = await Client.connect(portal.url);
    const [status, answer] = await client.login(token(), { protocol });
    assert.equal(status, 'ok', JSON.stringify(answer));
    const { room } = answer as { room: { views: string[]; streams: { media: object; info: object }[] } };
    return { client, room };
  }

  it('are described to each client in its protocol', async () => {
    for (const [protocol, media] of [
      ['portico/1', ['tracks']],
      ['1.2', ['tracks']],
      ['1.1', ['audio', 'video']],
      ['1.0', ['audio', 'video']],
    ] as const) {
      const { client, room } = await join(protocol);
      assert.deepEqual(room.views, ['common'], protocol);
      assert.deepEqual(room.streams[0]?.info, mixed.info, protocol);
      assert.deepEqual(Object.keys(room.streams[0]?.media ?? {}), media, protocol);
      const added: Notification = { name: 'stream', data: { id: mixed.id, status: 'add', data: mixed } };
      await conference.room.tell(here, { event: added }, ...changed.map((event) => ({ event })));
      const count = protocol === 'portico/1' ? 4 : 3;
      const told = (await client.notified('stream', count)).map(([payload]) => payload) as {
        data: { media?: object; field?: string; value?: unknown };
      }[];
      assert.deepEqual(told[0]?.data.media, room.streams[0]?.media, protocol);
      assert.deepEqual(
        told.slice(-2).map(({ data }) => data),
        [
          { field: 'video.layout', value: layout },
          { field: 'activeInput', value: 's' },
        ],
        protocol,
      );
      assert.equal(told.length, count, protocol);
      client.close();
    }
  });
});
