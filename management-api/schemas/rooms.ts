import { z } from 'zod';
import { MemberId, RoomId } from '../../common/contract/ids.ts';
import { RoomMeasures } from '../../common/contract/management.ts';
import { RoomSettings } from '../../common/contract/room-settings.ts';
import { NumberedPageQuery, PageQuery } from './common.ts';

/** A room as the API shows it: its settings with its id. */
export const Room = z
  .object({ _id: RoomId.describe('Id of the room.'), ...RoomSettings.shape })
  .meta({ id: 'Room', description: 'A room and its settings.' });
export type Room = z.output<typeof Room>;

const { shape } = RoomSettings;

/** Settings of a room, each of them optional; absent ones stay absent (the defaults are those of a new room). */
const someSettings = {
  name: shape.name.optional(),
  participantLimit: shape.participantLimit.unwrap().optional(),
  inputLimit: shape.inputLimit.unwrap().optional(),
  roles: shape.roles.unwrap().optional(),
  views: shape.views.unwrap().optional(),
  autoMix: shape.autoMix.unwrap().optional(),
  autoRecord: shape.autoRecord.unwrap().optional(),
  mediaIn: shape.mediaIn.unwrap().optional(),
  mediaOut: shape.mediaOut.unwrap().optional(),
  transcoding: shape.transcoding.unwrap().optional(),
  notifying: shape.notifying.unwrap().optional(),
  sip: shape.sip.unwrap().optional(),
  selectActiveAudio: shape.selectActiveAudio.unwrap().optional(),
  enableBandwidthAdaptation: shape.enableBandwidthAdaptation.unwrap().optional(),
};

/** Body of `POST rooms`. */
export const RoomCreation = z
  .strictObject({
    name: shape.name.describe('Name for people; it need not be unique.'),
    options: z.strictObject(someSettings).optional().describe('Settings that differ from the defaults.'),
    id: RoomId.optional().describe('Id of the room; 24 hex digits are made up when absent.'),
  })
  .describe('A room to be made.');
export type RoomCreation = z.input<typeof RoomCreation>;

/** Body of `PUT rooms/{r}`: the given settings replace those of the room, others stay. */
export const RoomUpdate = z
  .strictObject({
    ...someSettings,
    _id: z.string().optional().describe('Ignored when it is the id of the room.'),
  })
  .describe('Settings that replace those of the room; others stay as they are.');
export type RoomUpdate = z.input<typeof RoomUpdate>;

/** Body of `PATCH rooms/{r}`: merged into the settings (RFC 7396); null puts a setting back to its default. */
export const RoomMergePatch = z
  .record(z.string(), z.unknown())
  .describe('JSON merge patch (RFC 7396) of the settings; null puts one back to its default.');
export type RoomMergePatch = z.infer<typeof RoomMergePatch>;

export const RoomListQuery = NumberedPageQuery.extend({
  ...PageQuery.shape,
  service: z
    .string()
    .max(256)
    .optional()
    .describe('Rooms of this service, `*` for all of them; only for the super service.'),
});

export const RoomList = z.array(Room).describe('Rooms, sorted by id.');

/** Whether a room runs, and how it does. */
export const RoomStatus = z
  .object({
    active: z.boolean().describe('Whether it runs.'),
    owner: MemberId.optional().describe('The conference agent that runs it.'),
    since: z.number().optional().describe('Since when that agent has it, ms since 1970.'),
    participants: z.int().describe('How many participants are inside.'),
    streams: z.int().describe('How many streams there are.'),
    subscriptions: z.int().describe('How many subscriptions there are.'),
  })
  .meta({ id: 'RoomStatus', description: 'Whether a room runs, and how it does.' });
export type RoomStatus = z.infer<typeof RoomStatus>;

export const RoomMeasuresAnswer = RoomMeasures.extend({
  unanswered: z.array(MemberId).describe('Access agents that did not say in time what they carry.'),
}).meta({ id: 'RoomMeasures', description: 'What each track of the room carries right now.' });
export type RoomMeasuresAnswer = z.infer<typeof RoomMeasuresAnswer>;

/** Answer of a deletion, as text. */
export const RoomDeleted = z.literal('Room deleted').describe('The room is gone.');
