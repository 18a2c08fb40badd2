import { z } from 'zod';
import { PorticoError } from '../../common/contract/errors.ts';
import { StreamId, type RoomId } from '../../common/contract/ids.ts';
import type { StreamInfo } from '../../common/contract/media.ts';
import type { Api, ApiVersion, RouteContext, Routes } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import type { ApiParts } from '../http/parts.ts';
import { Empty, RoomParams, StreamParams } from '../schemas/common.ts';
import { Stream10, Stream11, StreamPatch } from '../schemas/streams.ts';
import { mixedFirst, toStream10, toStream11 } from './stream-shapes.ts';

const tag = 'Streams';
const errors = ['room_not_found', 'stream_not_found', 'unavailable'] as const;

const noStream = () => new PorticoError('stream_not_found', 'Stream not found');

/** An id in a path; what cannot be one names no stream. */
function streamIn({ stream }: { stream: string }): StreamId {
  const id = StreamId.safeParse(stream);
  if (!id.success) throw noStream();
  return id.data;
}

type Shown = Stream10 | Stream11;

/** How a version of the API shows streams. */
const shapes: Record<ApiVersion, { schema: z.ZodType<Shown>; of: (stream: StreamInfo) => Shown }> = {
  v1: { schema: Stream10, of: toStream10 },
  'v1.1': { schema: Stream11, of: toStream11 },
};

/** What is sent in a room. */
export const streamRoutes: Routes = async (api, context) => {
  addList(api, context);
  addGet(api, context);
  addPatch(api, context);
  addDelete(api, context.parts);
};

const streamsOf = async ({ live }: ApiParts, room: RoomId) =>
  mixedFirst((await live.ask(room, 'admin.streams', {}))?.streams ?? []).map(({ info }) => info);

async function streamOf(parts: ApiParts, room: RoomId, id: StreamId): Promise<StreamInfo> {
  const found = (await streamsOf(parts, room)).find((stream) => stream.id === id);
  if (found === undefined) throw noStream();
  return found;
}

function addList(api: Api, { parts, version }: RouteContext): void {
  const shape = shapes[version];
  const schema = {
    ...operation({
      tag,
      summary: 'Lists streams, mixed ones first.',
      ok: z.array(shape.schema).describe('Streams; [] while the room does not run.'),
      errors: ['room_not_found', 'unavailable'],
    }),
    params: RoomParams,
  };
  api.get('/rooms/:room/streams', { schema }, async (request) => {
    const { id } = await parts.rooms.reach(callerOf(request), request.params.room);
    return (await streamsOf(parts, id)).map(shape.of);
  });
}

function addGet(api: Api, { parts, version }: RouteContext): void {
  const shape = shapes[version];
  const schema = {
    ...operation({ tag, summary: 'Shows a stream.', ok: shape.schema, errors }),
    params: StreamParams,
  };
  api.get('/rooms/:room/streams/:stream', { schema }, async (request) => {
    const { id } = await parts.rooms.reach(callerOf(request), request.params.room);
    return shape.of(await streamOf(parts, id, streamIn(request.params)));
  });
}

type Mute = { kind: 'audio' | 'video'; operation: 'pause' | 'play' };

/**
 * What a patch mutes and unmutes; later operations overrule earlier ones.
 * @throws PorticoError `not_supported` for what mixes would be needed for, `track_not_found`
 */
function mutesOf(patch: StreamPatch, stream: StreamInfo): Mute[] {
  const mutes = new Map<Mute['kind'], Mute>();
  for (const { path, value } of patch) {
    if (path !== '/media/audio/status' && path !== '/media/video/status') {
      const what = path === '/info/inViews' ? 'views' : 'layout';
      throw new PorticoError('not_supported', `this server does not mix streams (${what})`, { field: path });
    }
    const kind = path === '/media/audio/status' ? 'audio' : 'video';
    if (!stream.media.tracks.some(({ type }) => type === kind)) {
      throw new PorticoError('track_not_found', `stream '${stream.id}' has no ${kind}`, { field: path });
    }
    mutes.set(kind, { kind, operation: value === 'active' ? 'play' : 'pause' });
  }
  return [...mutes.values()];
}

function addPatch(api: Api, { parts, version }: RouteContext): void {
  const shape = shapes[version];
  const schema = {
    ...operation({
      tag,
      summary: 'Mutes or unmutes a stream for everybody.',
      description: 'Mixing and layouts are accepted in form, but this server does not mix yet.',
      ok: shape.schema,
      errors: [...errors, 'track_not_found', 'stream_interrupted', 'forbidden', 'not_supported'],
    }),
    params: StreamParams,
    body: StreamPatch,
  };
  api.patch('/rooms/:room/streams/:stream', { schema }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    const id = streamIn(request.params);
    let stream = await streamOf(parts, room, id);
    const mutes = mutesOf(request.body, stream);
    for (const operation of ['pause', 'play'] as const) {
      const kinds = mutes.filter((mute) => mute.operation === operation).map(({ kind }) => kind);
      if (kinds.length === 0) continue;
      const answer = await parts.live.ask(room, 'admin.control', { id, kinds, operation });
      if (answer === undefined) throw noStream();
      stream = answer.stream;
    }
    await record(parts, request, { action: 'stream.control', room, target: id, detail: mutes });
    return shape.of(stream);
  });
}

function addDelete(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({ tag, summary: 'Ends a stream.', ok: Empty, errors }),
    params: StreamParams,
  };
  api.delete('/rooms/:room/streams/:stream', { schema }, async (request) => {
    const room = await parts.rooms.reach(callerOf(request), request.params.room);
    const id = streamIn(request.params);
    if ((await parts.live.ask(room.id, 'admin.unpublish', { id })) === undefined) throw noStream();
    await record(parts, request, { action: 'stream.unpublish', room: room.id, target: id });
    return '' as const;
  });
}
