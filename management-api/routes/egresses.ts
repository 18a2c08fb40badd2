import type { z } from 'zod';
import { PorticoError, type ErrorCode } from '../../common/contract/errors.ts';
import { EgressId, type RoomId } from '../../common/contract/ids.ts';
import type { ManagedEgress } from '../../common/contract/management.ts';
import { askedChanges } from '../egress/asked-changes.ts';
import type { Api } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import type { ApiParts } from '../http/parts.ts';
import { Empty, PartParams } from '../schemas/common.ts';
import { MediaSubscriptionPatch } from '../schemas/media-requests.ts';
import type { Recording } from '../schemas/recordings.ts';
import type { StreamingOut } from '../schemas/streaming-outs.ts';

/* What the routes of recordings and of live streams out have in common (OWT 7.3, 7.5). */

/** A stream, or a view that is changed to, may have to be mixed first; files are written to their end. */
const withinMs = 15_000;

type Shown = Recording | StreamingOut;

export interface EgressNoun {
  /** Its path below the room. */
  noun: 'recordings' | 'streaming-outs';
  type: 'recording' | 'live';
  tag: string;
  /** In sentences: `Recording not found`. */
  word: string;
  schema: z.ZodType<Shown>;
  of: (egress: ManagedEgress, room: RoomId) => Shown;
}

/** Errors of what begins one. */
export const beginErrors = [
  'room_not_found',
  'stream_not_found',
  'track_not_found',
  'stream_interrupted',
  'codec_unsupported',
  'resource_exhausted',
  'idempotency_conflict',
  'unavailable',
  'timeout',
] as const satisfies readonly ErrorCode[];

export const notFound = (word: string): PorticoError =>
  new PorticoError('egress_not_found', `${word} not found`, { field: 'id' });

/** Those of a room that run, oldest first. */
export async function egressesOf(
  { live }: ApiParts,
  room: RoomId,
  type: EgressNoun['type'],
): Promise<ManagedEgress[]> {
  const { egresses = [] } = (await live.ask(room, 'admin.egresses', { type })) ?? {};
  return egresses.toSorted((a, b) => a.startedAt - b.startedAt);
}

/** One that runs; undefined when there is none. */
export async function egressOf(
  parts: ApiParts,
  room: RoomId,
  { type, id }: { type: EgressNoun['type']; id: string },
): Promise<ManagedEgress | undefined> {
  const egress = await knownEgress(parts, room, { type, id });
  return egress === undefined || isOver(egress) ? undefined : egress;
}

/** One that runs, or is over as the owner of the room knows. */
export async function knownEgress(
  { live }: ApiParts,
  room: RoomId,
  { type, id: named }: { type: EgressNoun['type']; id: string },
): Promise<ManagedEgress | undefined> {
  const { success, data: id } = EgressId.safeParse(named);
  if (!success) return undefined;
  const { egresses = [] } = (await live.ask(room, 'admin.egresses', { type, id })) ?? {};
  return egresses.find((egress) => egress.id === id);
}

/** Nobody asks anything of it any more but its files. */
export const isOver = ({ state: { status } }: ManagedEgress): boolean =>
  status === 'finalising' || status === 'ended' || status === 'failed';

/** Adds PATCH: sources, pauses, sizes and rates. */
export function addPatch(api: Api, parts: ApiParts, noun: EgressNoun): void {
  const { tag, word, type } = noun;
  const schema = {
    ...operation({
      tag,
      summary: `Changes which streams ${type === 'live' ? 'a live stream' : 'a recording'} receives, and how.`,
      description: 'All of the patch is done, or nothing.',
      ok: noun.schema,
      errors: [
        'room_not_found',
        'egress_not_found',
        'stream_not_found',
        'track_not_found',
        'unavailable',
        'timeout',
      ],
    }),
    params: PartParams,
    body: MediaSubscriptionPatch,
  };
  api.patch(`/rooms/:room/${noun.noun}/:id`, { schema }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    const egress = await egressOf(parts, room, { type, id: request.params.id });
    if (egress === undefined) throw notFound(word);
    const changes = askedChanges(request.body, egress);
    const change = { id: egress.id, changes };
    const changed = await parts.live.ask(room, 'admin.egress.change', change, { withinMs });
    if (changed === undefined) throw notFound(word);
    await record(parts, request, { action: `${type}.change`, room, target: egress.id, detail: request.body });
    return noun.of(changed.egress, room);
  });
}

/** Ends one that has just been seen running. */
async function stop({ live }: ApiParts, room: RoomId, id: EgressId): Promise<void> {
  try {
    await live.ask(room, 'admin.egress.stop', { id }, { withinMs });
  } catch (error) {
    // It may have been the last thing that kept the room open, whose owner was gone before it could answer.
    if (!(error instanceof PorticoError) || error.code !== 'egress_not_found') throw error;
  }
}

/** Adds DELETE: it ends. */
export function addDelete(api: Api, parts: ApiParts, noun: EgressNoun): void {
  const { tag, word, type } = noun;
  const schema = {
    ...operation({
      tag,
      summary: `Ends a ${type === 'live' ? 'live stream' : 'recording; everything is written when it is answered'}.`,
      ok: Empty,
      errors: ['room_not_found', 'egress_not_found', 'unavailable', 'timeout'],
    }),
    params: PartParams,
  };
  api.delete(`/rooms/:room/${noun.noun}/:id`, { schema }, async (request) => {
    const { id: room } = await parts.rooms.reach(callerOf(request), request.params.room);
    const id = EgressId.safeParse(request.params.id);
    const egress = id.success ? await egressOf(parts, room, { type, id: id.data }) : undefined;
    if (egress === undefined) throw notFound(word);
    await stop(parts, room, egress.id);
    await record(parts, request, { action: `${type}.stop`, room, target: egress.id });
    return '' as const;
  });
}
