import { z } from 'zod';
import { PorticoError } from '../../common/contract/errors.ts';
import type { RoomId } from '../../common/contract/ids.ts';
import type { MixMeasure } from '../../common/contract/mixing.ts';
import type { RoomAdminContract } from '../../common/contract/management.ts';
import type { Output } from '../../common/contract/rpc.ts';
import { toStream10, toStream11 } from '../../common/contract/older-streams.ts';
import type { Api, ApiVersion, RouteContext, Routes } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import type { ApiParts } from '../http/parts.ts';
import { RoomParams } from '../schemas/common.ts';
import { MixedStream10, MixedStream11 } from '../schemas/streams.ts';
import { View10, View11, ViewParams, ViewPatch } from '../schemas/views.ts';

const tag = 'Views';
const errors = ['room_not_found', 'not_found', 'unavailable'] as const;

type LiveView = Output<RoomAdminContract, 'admin.views'>['views'][number];
type Shown = View10 | View11;

const noView = () => new PorticoError('not_found', 'View not found', { field: 'view' });

const described = ({ stream, agent, inputs }: LiveView, measures: readonly MixMeasure[]) => {
  const { label, template, follow } = stream.info;
  const measure = measures.find(({ view }) => view === label);
  return {
    label,
    running: agent !== undefined,
    ...(agent === undefined ? {} : { agent }),
    inputs,
    ...(template === undefined || follow === undefined ? {} : { template, follow }),
    ...(measure === undefined ? {} : { measure }),
  };
};

type Show = (view: LiveView, measures: readonly MixMeasure[]) => Shown;

/** How a version of the API shows views. */
const shapes: Record<ApiVersion, { schema: z.ZodType<Shown>; of: Show }> = {
  v1: {
    schema: View10,
    of: (view, measures) => ({
      ...described(view, measures),
      stream: MixedStream10.parse(toStream10(view.stream)),
    }),
  },
  'v1.1': {
    schema: View11,
    of: (view, measures) => ({
      ...described(view, measures),
      stream: MixedStream11.parse(toStream11(view.stream)),
    }),
  },
};

/** What a room mixes. */
export const viewRoutes: Routes = async (api, context) => {
  addList(api, context);
  addGet(api, context);
  addPatch(api, context);
};

const viewsOf = async ({ live }: ApiParts, room: RoomId) =>
  (await live.ask(room, 'admin.views', {}))?.views ?? [];

async function viewOf(parts: ApiParts, room: RoomId, label: string): Promise<LiveView> {
  const found = (await viewsOf(parts, room)).find(({ stream }) => stream.info.label === label);
  if (found === undefined) throw noView();
  return found;
}

const measuresOf = async ({ cluster }: ApiParts, room: RoomId, views: readonly LiveView[]) =>
  await cluster.mixes(room, [...new Set(views.flatMap(({ agent }) => agent ?? []))]);

function addList(api: Api, { parts, version }: RouteContext): void {
  const shape = shapes[version];
  const schema = {
    ...operation({
      tag,
      summary:
        'Lists the views of a room: what each shows, whether and where it is mixed, and how that goes.',
      ok: z.array(shape.schema).describe('Views; [] while the room does not run.'),
      errors: ['room_not_found', 'unavailable'],
    }),
    params: RoomParams,
  };
  api.get('/rooms/:room/views', { schema }, async (request) => {
    const { id } = await parts.rooms.reach(callerOf(request), request.params.room);
    const views = await viewsOf(parts, id);
    const measures = await measuresOf(parts, id, views);
    return views.map((view) => shape.of(view, measures));
  });
}

function addGet(api: Api, { parts, version }: RouteContext): void {
  const shape = shapes[version];
  const schema = {
    ...operation({ tag, summary: 'Shows a view.', ok: shape.schema, errors }),
    params: ViewParams,
  };
  api.get('/rooms/:room/views/:view', { schema }, async (request) => {
    const { id } = await parts.rooms.reach(callerOf(request), request.params.room);
    const view = await viewOf(parts, id, request.params.view);
    return shape.of(view, await measuresOf(parts, id, [view]));
  });
}

function addPatch(api: Api, { parts, version }: RouteContext): void {
  const shape = shapes[version];
  const schema = {
    ...operation({
      tag,
      summary: 'Changes what a view shows where.',
      description: 'A layout that was set stays until a template is chosen.',
      ok: shape.schema,
      errors: [...errors, 'stream_not_found'],
    }),
    params: ViewParams,
    body: ViewPatch,
  };
  api.patch('/rooms/:room/views/:view', { schema }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    const { stream } = await viewOf(parts, room, request.params.view);
    const change = { id: stream.id, change: request.body };
    if ((await parts.live.arrange(room, change)) === undefined) throw noView();
    await record(parts, request, {
      action: 'view.layout',
      room,
      target: request.params.view,
      detail: request.body,
    });
    const view = await viewOf(parts, room, request.params.view);
    return shape.of(view, []);
  });
}
