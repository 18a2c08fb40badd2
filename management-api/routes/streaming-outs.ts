import { z } from 'zod';
import { beginEgress } from '../egress/begin.ts';
import { liveTarget } from '../egress/live-target.ts';
import { maskUrl } from '../egress/mask-url.ts';
import { streamingOutOf } from '../egress/shown.ts';
import type { Api, Routes } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import type { ApiParts } from '../http/parts.ts';
import { PartParams, RoomParams } from '../schemas/common.ts';
import { StreamingOut, StreamingOutCreation } from '../schemas/streaming-outs.ts';
import {
  addDelete,
  addPatch,
  beginErrors,
  egressesOf,
  egressOf,
  notFound,
  type EgressNoun,
} from './egresses.ts';

const tag = 'Streaming';
const type = 'live';

const noun: EgressNoun = {
  ...{ noun: 'streaming-outs', tag, type, word: 'Live stream' },
  schema: StreamingOut,
  of: streamingOutOf,
};

/** Live streams out of a room: to other servers, or served from here. */
export const streamingOutRoutes: Routes = async (api, { parts }) => {
  addList(api, parts);
  addGet(api, parts);
  addCreate(api, parts);
  addPatch(api, parts, noun);
  addDelete(api, parts, noun);
};

function addList(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Lists live streams out of a room.',
      ok: z.array(StreamingOut).describe('Live streams; [] while the room does not run.'),
      errors: ['room_not_found', 'unavailable'],
    }),
    params: RoomParams,
  };
  api.get('/rooms/:room/streaming-outs', { schema }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    return (await egressesOf(parts, room, type)).map(streamingOutOf);
  });
}

function addGet(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Shows a live stream.',
      ok: StreamingOut,
      errors: ['room_not_found', 'egress_not_found', 'unavailable'],
    }),
    params: PartParams,
  };
  api.get('/rooms/:room/streaming-outs/:id', { schema }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    const egress = await egressOf(parts, room, { type, id: request.params.id });
    if (egress === undefined) throw notFound(noun.word);
    return streamingOutOf(egress);
  });
}

function addCreate(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary:
        'Sends streams or views of a room to a URL, or serves them; the room starts when it does not run.',
      description: 'Passwords, keys of streams and signatures in the URL are never shown again.',
      ok: StreamingOut,
      errors: beginErrors,
    }),
    params: RoomParams,
    body: StreamingOutCreation,
  };
  const path = '/rooms/:room/streaming-outs';
  api.post(path, { schema, config: { idempotent: true } }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    const { url, ...rest } = request.body;
    const wanted = { target: liveTarget(request.body), media: rest.media };
    const egress = await beginEgress(parts, request, { room, wanted });
    const detail = { ...rest, ...(url === undefined ? {} : { url: maskUrl(url) }) };
    await record(parts, request, { action: 'live.start', room, target: egress.id, detail });
    return streamingOutOf(egress);
  });
}
