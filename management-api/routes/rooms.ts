import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parse } from '../../common/bus/contract.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { RoomId } from '../../common/contract/ids.ts';
import { checkViews } from '../../common/layout/check-views.ts';
import { askedInVain, RoomSettings } from '../../common/contract/room-settings.ts';
import type { Api, Routes } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import { linkNext, pageOf } from '../http/paging.ts';
import type { ApiParts } from '../http/parts.ts';
import { etagOf, wantedVersion } from '../http/preconditions.ts';
import { RoomParams } from '../schemas/common.ts';
import {
  Room,
  RoomCreation,
  RoomDeleted,
  RoomList,
  RoomListQuery,
  RoomMergePatch,
  RoomUpdate,
} from '../schemas/rooms.ts';
import type { StoredRoomRow } from '../store/store.ts';
import { mergePatch } from './merge-patch.ts';

const tag = 'Rooms';

const roomOf = ({ id, settings }: StoredRoomRow): Room => ({ _id: id, ...settings });

/** @throws PorticoError `bad_request`; `not_supported` when a setting asks for what is not there */
function checkSettings(settings: unknown): RoomSettings {
  const checked = parse(RoomSettings, settings, 'room');
  const field = askedInVain(checked);
  if (field === undefined) {
    checkViews(checked);
    checkAutoRecord(checked);
    return checked;
  }
  throw new PorticoError('not_supported', `this server does not offer '${field}' of rooms`, { field });
}

/** What is recorded by itself must be a view of the room. */
function checkAutoRecord({ autoRecord, views }: RoomSettings): void {
  if (autoRecord === false) return;
  const { view } = autoRecord;
  if (view === undefined ? views.length > 0 : views.some(({ label }) => label === view)) return;
  const [field, sentence] =
    view === undefined
      ? ['autoRecord', 'the room has no view that could be recorded']
      : ['autoRecord.view', `the room has no view '${view}'`];
  throw new PorticoError('bad_request', sentence, { field });
}

/** Creating, reading, changing and deleting rooms. */
export const roomRoutes: Routes = async (api, { parts }) => {
  addCreate(api, parts);
  addList(api, parts);
  addGet(api, parts);
  addPut(api, parts);
  addPatch(api, parts);
  addDelete(api, parts);
};

function addCreate(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Makes a room.',
      ok: Room,
      errors: ['room_exists', 'not_supported', 'idempotency_conflict'],
    }),
    body: RoomCreation,
  };
  api.post('/rooms', { schema, config: { idempotent: true } }, async (request, reply) => {
    const { name, options = {}, id } = request.body;
    const { service } = callerOf(request);
    const room = await parts.store.rooms.create({
      id: id ?? RoomId.parse(randomBytes(12).toString('hex')),
      service: service.id,
      settings: checkSettings({ ...options, name }),
    });
    await changed(parts, request, { reply, room, action: 'room.create' });
    return roomOf(room);
  });
}

function addList(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({ tag, summary: 'Lists rooms.', ok: RoomList, errors: ['forbidden'] }),
    querystring: RoomListQuery,
  };
  // Settings were checked when they were read; with thousands of rooms doing it again takes longer than all the rest.
  const serializerCompiler = () => JSON.stringify;
  api.get('/rooms', { schema, serializerCompiler }, async (request, reply) => {
    const { page, per_page, service: wanted, ...rest } = request.query;
    const caller = callerOf(request);
    if (wanted !== undefined && wanted !== caller.service.id && !caller.isSuper) {
      throw new PorticoError('forbidden', 'only the super service may list rooms of others', {
        field: 'service',
      });
    }
    const service = wanted ?? caller.service.id;
    const { rooms } = parts.store;
    if (page !== undefined || per_page !== undefined) {
      if (service === '*') {
        throw new PorticoError('bad_request', "use limit and after with service '*'", { field: 'service' });
      }
      return (await rooms.listNumbered(service, page ?? 1, per_page ?? 100)).map(roomOf);
    }
    if (rest.limit === undefined && rest.after === undefined && service !== '*') {
      return await allRooms(parts, service);
    }
    const found = await rooms.list(service === '*' ? undefined : service, pageOf(rest));
    return linkNext(request, reply, found).map(roomOf);
  });
}

/** Clients that name no page expect all of them. */
async function allRooms({ store }: ApiParts, service: string): Promise<Room[]> {
  const all: Room[] = [];
  let after: string | undefined;
  do {
    const page = await store.rooms.list(service, { limit: 1_000, ...(after === undefined ? {} : { after }) });
    all.push(...page.items.map(roomOf));
    after = page.next;
  } while (after !== undefined);
  return all;
}

function addGet(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({ tag, summary: 'Shows a room.', ok: Room, errors: ['room_not_found'] }),
    params: RoomParams,
  };
  api.get('/rooms/:room', { schema }, async (request, reply) => {
    const room = await parts.rooms.fresh(callerOf(request), request.params.room);
    void reply.header('etag', etagOf(room.version));
    return roomOf(room);
  });
}

const changeErrors = ['room_not_found', 'not_supported', 'changed_meanwhile'] as const;
const changeNote =
  '`If-Match` makes sure that nobody changed it since it was read. The header `portico-applied` of the answer says ' +
  'whether a running room has the change (`now`), gets it in a moment (`pending`), or that none runs (`at-next-start`).';

function addPut(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Changes settings of a room: those that are given replace what was there.',
      description: changeNote,
      ok: Room,
      errors: changeErrors,
    }),
    params: RoomParams,
    body: RoomUpdate,
  };
  api.put('/rooms/:room', { schema }, async (request, reply) => {
    const { _id, ...given } = request.body;
    if (_id !== undefined && _id !== request.params.room) {
      throw new PorticoError('bad_request', 'the id of a room cannot be changed', { field: '_id' });
    }
    return await update(parts, { request, reply }, (settings) => checkSettings({ ...settings, ...given }));
  });
}

function addPatch(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Changes settings of a room by a JSON merge patch (RFC 7396).',
      description: changeNote,
      ok: Room,
      errors: changeErrors,
    }),
    params: RoomParams,
    body: RoomMergePatch,
  };
  api.patch('/rooms/:room', { schema }, async (request, reply) => {
    const { body } = request;
    return await update(parts, { request, reply }, (settings) => checkSettings(mergePatch(settings, body)));
  });
}

async function update(
  parts: ApiParts,
  { request, reply }: { request: FastifyRequest<{ Params: { room: string } }>; reply: FastifyReply },
  change: (settings: RoomSettings) => RoomSettings,
): Promise<Room> {
  const { id, service } = await parts.rooms.fresh(callerOf(request), request.params.room);
  const room = await parts.store.rooms.update(id, service, change, wantedVersion(request));
  if (room === undefined) throw new PorticoError('room_not_found', 'Room not found');
  await changed(parts, request, { reply, room, action: 'room.update' });
  return roomOf(room);
}

interface Change {
  reply: FastifyReply;
  room: StoredRoomRow;
  action: string;
}

/** After a room was stored: whoever runs it is told. */
async function changed(
  parts: ApiParts,
  request: FastifyRequest,
  { reply, room, action }: Change,
): Promise<void> {
  parts.rooms.changed(room.id);
  const applied = await parts.pushes.configure(room);
  void reply.header('etag', etagOf(room.version)).header('portico-applied', applied);
  await record(parts, request, { action, room: room.id, detail: { version: room.version, applied } });
}

function addDelete(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Deletes a room; whoever is inside is sent away.',
      ok: RoomDeleted,
      errors: ['room_not_found', 'changed_meanwhile'],
    }),
    params: RoomParams,
  };
  api.delete('/rooms/:room', { schema }, async (request, reply) => {
    const { id, service } = await parts.rooms.fresh(callerOf(request), request.params.room);
    if (!(await parts.store.rooms.delete(id, service, wantedVersion(request)))) {
      throw new PorticoError('room_not_found', 'Room not found');
    }
    parts.rooms.changed(id);
    const applied = await parts.pushes.delete(id);
    await record(parts, request, { action: 'room.delete', room: id });
    return await reply.header('portico-applied', applied).send('Room deleted');
  });
}
