import { PorticoError } from '../../common/contract/errors.ts';
import { ParticipantId, type RoomId } from '../../common/contract/ids.ts';
import type { PermissionChange } from '../../common/contract/management.ts';
import type { Api, Routes } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import type { ApiParts } from '../http/parts.ts';
import { Empty, ParticipantParams, RoomParams } from '../schemas/common.ts';
import { Participant, ParticipantList, ParticipantPatch } from '../schemas/participants.ts';

const tag = 'Participants';
const errors = ['room_not_found', 'participant_not_found', 'unavailable'] as const;

const nobody = () => new PorticoError('participant_not_found', 'Participant not found');

/** An id in a path; what cannot be one belongs to nobody. */
function participantIn({ participant }: { participant: string }): ParticipantId {
  const id = ParticipantId.safeParse(participant);
  if (!id.success) throw nobody();
  return id.data;
}

/** Who is in a room, and what they may do. */
export const participantRoutes: Routes = async (api, { parts }) => {
  addList(api, parts);
  addGet(api, parts);
  addPatch(api, parts);
  addDelete(api, parts);
};

function addList(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Lists everybody in a room.',
      ok: ParticipantList,
      errors: ['room_not_found', 'unavailable'],
    }),
    params: RoomParams,
  };
  api.get('/rooms/:room/participants', { schema }, async (request) => {
    const { id } = await parts.rooms.reach(callerOf(request), request.params.room);
    return await everybody(parts, id);
  });
}

const everybody = async ({ live }: ApiParts, room: RoomId) =>
  (await live.ask(room, 'admin.participants', {}))?.participants ?? [];

function addGet(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({ tag, summary: 'Shows a participant.', ok: Participant, errors }),
    params: ParticipantParams,
  };
  api.get('/rooms/:room/participants/:participant', { schema }, async (request) => {
    const room = await parts.rooms.reach(callerOf(request), request.params.room);
    const wanted = participantIn(request.params);
    const found = (await everybody(parts, room.id)).find(({ id }) => id === wanted);
    if (found === undefined) throw nobody();
    return found;
  });
}

/** Which permissions a patch changes, each in words of the room. */
function permissionChanges(patch: ParticipantPatch): PermissionChange[] {
  return patch.flatMap(({ path, value }) => {
    const [, , action, kind] = path.split('/') as [
      string,
      string,
      'publish' | 'subscribe',
      'audio' | 'video',
    ];
    if (typeof value === 'boolean') return { action, kind, value };
    return [
      { action, kind: 'audio' as const, value: value.audio },
      { action, kind: 'video' as const, value: value.video },
    ];
  });
}

/** Later operations of a patch overrule earlier ones, so each permission is changed at most once. */
function lastOfEach(changes: readonly PermissionChange[]): PermissionChange[] {
  return [...new Map(changes.map((change) => [`${change.action}/${change.kind}`, change])).values()];
}

function addPatch(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Changes what a participant may do, at once.',
      description: 'What it may no longer send or receive is closed before this answers.',
      ok: Participant,
      errors,
    }),
    params: ParticipantParams,
    body: ParticipantPatch,
  };
  api.patch('/rooms/:room/participants/:participant', { schema }, async (request) => {
    const room = await parts.rooms.reach(callerOf(request), request.params.room);
    const id = participantIn(request.params);
    const changes = lastOfEach(permissionChanges(request.body));
    const answer = await parts.live.ask(room.id, 'admin.permit', { id, changes });
    if (answer === undefined) throw nobody();
    await record(parts, request, {
      action: 'participant.permit',
      room: room.id,
      target: id,
      detail: changes,
    });
    return answer.participant;
  });
}

function addDelete(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Removes a participant; it cannot come back by itself.',
      ok: Empty,
      errors,
    }),
    params: ParticipantParams,
  };
  api.delete('/rooms/:room/participants/:participant', { schema }, async (request) => {
    const room = await parts.rooms.reach(callerOf(request), request.params.room);
    const id = participantIn(request.params);
    if ((await parts.live.ask(room.id, 'admin.drop', { id })) === undefined) throw nobody();
    await record(parts, request, { action: 'participant.drop', room: room.id, target: id });
    return '' as const;
  });
}
