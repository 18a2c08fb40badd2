import type { Api, Routes } from '../http/api.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import type { ApiParts } from '../http/parts.ts';
import { RoomParams } from '../schemas/common.ts';
import { SubscriptionList } from '../schemas/participants.ts';
import { RoomMeasuresAnswer, RoomStatus } from '../schemas/rooms.ts';

const tag = 'Running rooms';
const asleep: RoomStatus = { active: false, participants: 0, streams: 0, subscriptions: 0 };

/** What goes on in a room right now. */
export const statusRoutes: Routes = async (api, { parts }) => {
  addStatus(api, parts);
  addSubscriptions(api, parts);
  addMeasures(api, parts);
};

function addStatus(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({ tag, summary: 'Tells whether a room runs.', ok: RoomStatus, errors: ['room_not_found'] }),
    params: RoomParams,
  };
  api.get('/rooms/:room/status', { schema }, async (request) => {
    const { id } = await parts.rooms.reach(callerOf(request), request.params.room);
    const running = await parts.cluster.room(id);
    if (running === undefined) return asleep;
    const { room: _room, ...facts } = running;
    return { active: true, ...facts };
  });
}

function addSubscriptions(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Lists who receives what.',
      ok: SubscriptionList,
      errors: ['room_not_found', 'unavailable'],
    }),
    params: RoomParams,
  };
  api.get('/rooms/:room/subscriptions', { schema }, async (request) => {
    const { id } = await parts.rooms.reach(callerOf(request), request.params.room);
    return (await parts.live.ask(id, 'admin.subscriptions', {}))?.subscriptions ?? [];
  });
}

function addMeasures(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Measures what each track carries right now.',
      ok: RoomMeasuresAnswer,
      errors: ['room_not_found', 'unavailable'],
    }),
    params: RoomParams,
  };
  api.get('/rooms/:room/measures', { schema }, async (request) => {
    const { id } = await parts.rooms.reach(callerOf(request), request.params.room);
    const [streams, subscriptions] = await Promise.all([
      parts.live.ask(id, 'admin.streams', {}),
      parts.live.ask(id, 'admin.subscriptions', {}),
    ]);
    // Of mixes their views tell.
    const published = (streams?.streams ?? []).filter(({ info }) => info.type === 'forward');
    const agents = [...published, ...(subscriptions?.subscriptions ?? [])];
    const ids = new Set(agents.flatMap(({ agent }) => agent ?? []));
    return await parts.cluster.measures(id, [...ids]);
  });
}
