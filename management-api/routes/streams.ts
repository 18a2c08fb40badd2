import { z } from 'zod';
import { PorticoError } from '../../common/contract/errors.ts';
import { StreamId, type RoomId } from '../../common/contract/ids.ts';
import type { StreamInfo } from '../../common/contract/media.ts';
import { toStream10, toStream11 } from '../../common/contract/older-streams.ts';
import type { Api, ApiVersion, RouteContext, Routes } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import type { ApiParts } from '../http/parts.ts';
import { Empty, RoomParams, StreamParams } from '../schemas/common.ts';
import { Stream10, Stream11, StreamPatch } from '../schemas/streams.ts';
import { changesOf, type StreamChanges } from './stream-patch.ts';
import { mixedFirst } from './stream-order.ts';

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

function find(streams: readonly StreamInfo[], id: StreamId): StreamInfo {
  const found = streams.find((stream) => stream.id === id);
  if (found === undefined) throw noStream();
  return found;
}

const streamOf = async (parts: ApiParts, room: RoomId, id: StreamId) =>
  find(await streamsOf(parts, room), id);

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

/** Does all that a patch asks for, side by side. @throws PorticoError of the first part that failed, when all have ended */
async function apply({ live }: ApiParts, room: RoomId, id: StreamId, changes: StreamChanges): Promise<void> {
  const { mutes, views, layouts } = changes;
  const done = async (answer: Promise<unknown>) => {
    if ((await answer) === undefined) throw noStream();
  };
  const arranged = async () => {
    for (const [index, change] of layouts.entries()) {
      await done(live.arrange(room, { id, change }, `[${index}]`));
    }
  };
  const outcomes = await Promise.allSettled([
    ...mutes.map((mute) => done(live.ask(room, 'admin.control', { id, ...mute }))),
    ...views.map((view) => done(live.ask(room, 'admin.mix', { id, ...view }))),
    arranged(),
  ]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

const actionOf = ({ mutes, layouts }: StreamChanges): string =>
  layouts.length > 0 ? 'stream.layout' : mutes.length > 0 ? 'stream.control' : 'stream.mix';

function addPatch(api: Api, { parts, version }: RouteContext): void {
  const shape = shapes[version];
  const schema = {
    ...operation({
      tag,
      summary: 'Mutes a stream for everybody, mixes it, or changes what a mixed stream shows where.',
      description: 'All of the patch is checked before any of it is done.',
      ok: shape.schema,
      errors: [...errors, 'track_not_found', 'stream_interrupted', 'forbidden'],
    }),
    params: StreamParams,
    body: StreamPatch,
  };
  api.patch('/rooms/:room/streams/:stream', { schema }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    const id = streamIn(request.params);
    const all = await streamsOf(parts, room);
    const changes = changesOf(request.body, find(all, id), all);
    await apply(parts, room, id, changes);
    await record(parts, request, {
      action: actionOf(changes),
      room,
      target: id,
      detail: request.body,
    });
    return shape.of(await streamOf(parts, room, id));
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
