import { z } from 'zod';
import { EgressId, type RoomId } from '../../common/contract/ids.ts';
import type { ManagedEgress } from '../../common/contract/management.ts';
import { beginEgress } from '../egress/begin.ts';
import { endedRecordings, recordingOf } from '../egress/shown.ts';
import type { Api, Routes } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import type { ApiParts } from '../http/parts.ts';
import { PartParams, RoomParams } from '../schemas/common.ts';
import {
  AnyRecording,
  Recording,
  RecordingCreation,
  RecordingListQuery,
  type EndedRecording,
} from '../schemas/recordings.ts';
import {
  addDelete,
  addPatch,
  beginErrors,
  egressesOf,
  isOver,
  knownEgress,
  notFound,
  type EgressNoun,
} from './egresses.ts';

const tag = 'Recordings';
const type = 'recording';

const noun: EgressNoun = {
  ...{ noun: 'recordings', tag, type, word: 'Recording' },
  schema: Recording,
  of: recordingOf,
};

/** What is recorded in a room, and what was. */
export const recordingRoutes: Routes = async (api, { parts }) => {
  addList(api, parts);
  addGet(api, parts);
  addCreate(api, parts);
  addPatch(api, parts, noun);
  addDelete(api, parts, noun);
};

async function endedOf({ cluster }: ApiParts, room: RoomId, limit: number): Promise<EndedRecording[]> {
  return endedRecordings(await cluster.recordings(room, limit)).slice(0, limit);
}

function addList(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Lists recordings that run, or those that are over.',
      description:
        'Those that are over stay listed as long as their files are in the folder of a mixer agent.',
      ok: z.array(AnyRecording).describe('Recordings; [] while the room does not run.'),
      errors: ['room_not_found', 'unavailable'],
    }),
    params: RoomParams,
    querystring: RecordingListQuery,
  };
  api.get('/rooms/:room/recordings', { schema }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    const { ended, limit = 100 } = request.query;
    if (ended === 'true') return await endedOf(parts, room, limit);
    return (await egressesOf(parts, room, type)).map((egress) => recordingOf(egress, room));
  });
}

function addGet(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Shows a recording, whether it runs or is over.',
      description:
        'From its end on until its files are finished (joined, made seekable, hashed) its status is `finalising`; then it ' +
        'is `ended`, with its files. One that is over and into which nothing came has no files, and is not found.',
      ok: AnyRecording,
      errors: ['room_not_found', 'egress_not_found', 'unavailable'],
    }),
    params: PartParams,
  };
  api.get('/rooms/:room/recordings/:id', { schema }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    const found = await findRecording(parts, room, request.params.id);
    if (found === undefined) throw notFound(noun.word);
    return found;
  });
}

async function findRecording(
  parts: ApiParts,
  room: RoomId,
  named: string,
): Promise<z.infer<typeof AnyRecording> | undefined> {
  const { success, data: id } = EgressId.safeParse(named);
  if (!success) return undefined;
  const known = await knownEgress(parts, room, { type, id });
  if (known !== undefined && !isOver(known)) return recordingOf(known, room);
  // In this order: what is finished between the two questions is found by the second.
  const unfinished = await parts.cluster.unfinished(room, id);
  if (unfinished !== undefined && unfinished.state.status !== 'ended') {
    return recordingOf(ending(unfinished), room);
  }
  const ended = (await endedOf(parts, room, 1_000)).find((recording) => recording.id === id);
  if (ended !== undefined) return ended;
  // The agent that has it is out of reach: what the owner of the room heard last.
  return known && recordingOf(known, room);
}

/** The owner does not want it any more, whether its agent has heard of that or not. */
function ending(egress: ManagedEgress): ManagedEgress {
  if (isOver(egress)) return egress;
  return { ...egress, state: { ...egress.state, status: 'finalising', bitrate: 0 } };
}

function addCreate(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Begins a recording of streams or views of a room; the room starts when it does not run.',
      ok: Recording,
      errors: beginErrors,
    }),
    params: RoomParams,
    body: RecordingCreation,
  };
  const path = '/rooms/:room/recordings';
  api.post(path, { schema, config: { idempotent: true } }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    const { container, media } = request.body;
    const wanted = { target: { type, container }, media } as const;
    const egress = await beginEgress(parts, request, { room, wanted });
    const detail = { container, media };
    await record(parts, request, { action: 'recording.start', room, target: egress.id, detail });
    return recordingOf(egress, room);
  });
}
