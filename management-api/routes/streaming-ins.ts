import { z } from 'zod';
import { PorticoError } from '../../common/contract/errors.ts';
import { StreamId, type RoomId } from '../../common/contract/ids.ts';
import type { ManagedIngress } from '../../common/contract/management.ts';
import type { StreamInfo } from '../../common/contract/media.ts';
import { toStream10, toStream11 } from '../../common/contract/older-streams.ts';
import { idFor } from '../egress/begin.ts';
import { maskIngress } from '../egress/masked-egress.ts';
import { maskUrl } from '../egress/mask-url.ts';
import { checkSource } from '../egress/source-url.ts';
import type { Api, ApiVersion, RouteContext, Routes } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import type { ApiParts } from '../http/parts.ts';
import { Empty, PartParams, RoomParams } from '../schemas/common.ts';
import { StreamingIn10, StreamingIn11, StreamingInCreation } from '../schemas/streaming-ins.ts';
import { Stream10, Stream11 } from '../schemas/streams.ts';

const tag = 'Streaming';
const errors = ['room_not_found', 'stream_not_found', 'unavailable'] as const;

/** The agent answers after 20 s at the latest, with media or without; it may have to be found first. */
const withinMs = 30_000;

type Shown = StreamingIn10 | StreamingIn11;
type ShownStream = Stream10 | Stream11;

interface Shape {
  stream: z.ZodType<ShownStream>;
  listed: z.ZodType<Shown>;
  of: (stream: StreamInfo) => ShownStream;
}

/** How a version of the API shows streams. */
const shapes: Record<ApiVersion, Shape> = {
  v1: { stream: Stream10, listed: StreamingIn10, of: toStream10 },
  'v1.1': { stream: Stream11, listed: StreamingIn11, of: toStream11 },
};

const noStream = () => new PorticoError('stream_not_found', 'Stream not found');

/** Streams that are fetched from URLs into a room. */
export const streamingInRoutes: Routes = async (api, context) => {
  addList(api, context);
  addGet(api, context);
  addCreate(api, context);
  addDelete(api, context.parts);
};

function listed(ingress: ManagedIngress, { of }: Shape): Shown {
  const { stream, url, agent, state } = maskIngress(ingress);
  const { status, error, transcoded, bitrate, reconnects } = state;
  return {
    ...{ id: state.stream, url, status, transcoded, bitrate, reconnects },
    ...(error === undefined ? {} : { error }),
    ...(agent === undefined ? {} : { agent }),
    stream: stream === null ? null : of(stream),
  } as Shown;
}

const ingressesOf = async ({ live }: ApiParts, room: RoomId): Promise<ManagedIngress[]> =>
  (await live.ask(room, 'admin.ingresses', {}))?.ingresses ?? [];

async function ingressOf(parts: ApiParts, room: RoomId, id: string): Promise<ManagedIngress> {
  const found = (await ingressesOf(parts, room)).find(({ state }) => state.stream === id);
  if (found === undefined) throw noStream();
  return found;
}

function addList(api: Api, { parts, version }: RouteContext): void {
  const shape = shapes[version];
  const schema = {
    ...operation({
      tag,
      summary: 'Lists streams that are fetched from URLs.',
      ok: z.array(shape.listed).describe('Fetched streams; [] while the room does not run.'),
      errors: ['room_not_found', 'unavailable'],
    }),
    params: RoomParams,
  };
  api.get('/rooms/:room/streaming-ins', { schema }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    return (await ingressesOf(parts, room)).map((ingress) => listed(ingress, shape));
  });
}

function addGet(api: Api, { parts, version }: RouteContext): void {
  const shape = shapes[version];
  const schema = {
    ...operation({ tag, summary: 'Shows a fetched stream.', ok: shape.listed, errors }),
    params: PartParams,
  };
  api.get('/rooms/:room/streaming-ins/:id', { schema }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    return listed(await ingressOf(parts, room, request.params.id), shape);
  });
}

/** Nothing has come: it is not left behind, where nobody would know of it. */
async function giveUp({ live }: ApiParts, room: RoomId, ingress: ManagedIngress): Promise<never> {
  const { state } = maskIngress(ingress);
  await live.ask(room, 'admin.unpublish', { id: state.stream }).catch((error: unknown) => {
    if (!(error instanceof PorticoError) || error.code !== 'stream_not_found') throw error;
  });
  const why = state.error?.message ?? 'no media came in time';
  throw new PorticoError('source_failed', `the source cannot be fetched: ${why}`, {
    field: 'connection.url',
  });
}

/** The room and its agent name the part of the spec: callers know it below `connection`. */
function refused(error: unknown): never {
  if (!(error instanceof PorticoError)) throw error;
  const field = error.details.field?.replace(
    /^(spec\.)?(?=(url|transportProtocol|bufferSize|loop)$)/,
    'connection.',
  );
  throw new PorticoError(error.code, error.message, {
    ...error.details,
    ...(field === undefined ? {} : { field }),
  });
}

function addCreate(api: Api, { parts, version }: RouteContext): void {
  const shape = shapes[version];
  const schema = {
    ...operation({
      tag,
      summary: 'Fetches a stream from a URL into a room, which starts when it does not run.',
      description:
        'Answers with the stream when media come. When none come within about 20 s nothing is left.',
      ok: shape.stream,
      errors: [
        'room_not_found',
        'source_failed',
        'too_many_inputs',
        'codec_unsupported',
        'forbidden',
        'resource_exhausted',
        'idempotency_conflict',
        'unavailable',
        'timeout',
      ],
    }),
    params: RoomParams,
    body: StreamingInCreation,
  };
  const path = '/rooms/:room/streaming-ins';
  api.post(path, { schema, config: { idempotent: true } }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    const { connection, media, attributes = {} } = request.body;
    const { url, transportProtocol, bufferSize, loop } = connection;
    checkSource(url, media);
    const stream = StreamId.parse(idFor(request));
    const spec = { stream, url, transportProtocol, bufferSize, loop, ...media, attributes };
    const { ingress } = await parts.live
      .askOpened(room, 'admin.ingress.start', { spec }, { withinMs })
      .catch(refused);
    if (ingress.stream === null) return await giveUp(parts, room, ingress);
    const detail = { ...request.body, connection: { ...connection, url: maskUrl(url) } };
    await record(parts, request, { action: 'stream.fetch', room, target: stream, detail });
    return shape.of(ingress.stream);
  });
}

function addDelete(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({ tag, summary: 'Ends a fetched stream.', ok: Empty, errors }),
    params: PartParams,
  };
  api.delete('/rooms/:room/streaming-ins/:id', { schema }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    const { state } = await ingressOf(parts, room, request.params.id);
    if ((await parts.live.ask(room, 'admin.unpublish', { id: state.stream })) === undefined) throw noStream();
    await record(parts, request, { action: 'stream.unpublish', room, target: state.stream });
    return '' as const;
  });
}
