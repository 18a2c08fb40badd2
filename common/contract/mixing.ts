import { z } from 'zod';
import { Owner } from './cluster.ts';
import { EgressSpec, EgressState, RecordingFile } from './egress.ts';
import { EgressId, RoomId, StreamId } from './ids.ts';
import { IngressSpec, IngressState } from './ingress.ts';
import { MixSpec, MixState } from './mix.ts';
import { pipeContract } from './pipes.ts';
import { ViewLabel } from './room-settings.ts';
import { method } from './rpc.ts';

/*
 * What the owner of a room and a mixer agent say to each other. The owner always tells the whole of what a mix should be
 * (`MixSpec`); the agent makes it so. Nothing is told in steps, so nothing can get out of step.
 */

const Percentiles = z.object({ p50: z.number(), p95: z.number() });

/** How a mix does, over about the last second (counts: since its process started). */
export const MixMeasure = z.object({
  view: ViewLabel,
  /** Inputs whose pictures are decoded right now. */
  decoding: z.int(),
  /** Frames per second composed. */
  framerate: z.number(),
  /** ms a picture takes to compose. */
  composeMs: Percentiles,
  /** ms from a picture's capture to its sending, as far as the senders' clocks are known. */
  delayMs: Percentiles,
  /** Ticks that came more than half a frame late. */
  lateTicks: z.int(),
  /** Pictures that were not composed for want of time. */
  skipped: z.int(),
  decoderRestarts: z.int(),
  encoderRestarts: z.int(),
  /** Part of the packets of all inputs that never came, 0..1. */
  loss: z.number(),
  /** CPU of the process and its children in cores. */
  cpu: z.number(),
  /** Times that the process was started again. */
  restarts: z.int(),
});
export type MixMeasure = z.infer<typeof MixMeasure>;

/** Why a recording or live stream is over. */
export const EgressEndReason = z.enum([
  'stopped', // asked to
  'source_ended', // all that it received is gone
  'room_closed',
  'failed',
  'quota', // the room has no more space
  'disk_full',
  'shutdown',
  'orphaned', // nobody owned the room any more
  'crashed', // found by a later start
]);
export type EgressEndReason = z.infer<typeof EgressEndReason>;

/** A recording that is over, as its sidecar tells it. */
export const FinishedRecording = z.object({
  id: EgressId,
  room: RoomId,
  startedAt: z.number(),
  endedAt: z.number(),
  reason: EgressEndReason,
  durationMs: z.number(),
  bytes: z.number(),
  files: z.array(RecordingFile),
});
export type FinishedRecording = z.infer<typeof FinishedRecording>;

/** A recording whose files are not finished yet. */
export const UnfinishedRecording = z.object({ spec: EgressSpec, state: EgressState, held: z.boolean() });
export type UnfinishedRecording = z.infer<typeof UnfinishedRecording>;

const Done = z.object({});
const ofOwner = { room: RoomId, owner: Owner };

/** Served by mixer agents at `member.<id>`, besides the member contract. */
export const mixerContract = {
  'mix.apply': method(
    'Makes a mix what the spec says, and starts it when it does not run. Repeatable; answers when the outputs can be received. Refused with `resource_exhausted` when the agent has no room for another mix.',
    z.object({ ...ofOwner, spec: MixSpec }),
    MixState,
  ),
  'mix.close': method(
    'Ends a mix and all its outputs. One that is not there is no error.',
    z.object({ ...ofOwner, view: ViewLabel }),
    Done,
  ),
  'mix.measure': method(
    'How the mixes of a room do.',
    z.object({ room: RoomId }),
    z.object({ mixes: z.array(MixMeasure) }),
  ),
  'egress.apply': method(
    'Makes a recording or live stream what the spec says, and begins it when it does not run. Repeatable; answers as soon as it has been taken on. Refused with `resource_exhausted` when the agent has no room for another one, or no room on its disk.',
    z.object({ ...ofOwner, spec: EgressSpec }),
    EgressState,
  ),
  'egress.close': method(
    'Ends a recording or live stream; answers when everything is written, before files are finalised. One that is not there is no error.',
    z.object({ ...ofOwner, id: EgressId, reason: EgressEndReason }),
    z.object({ state: EgressState.nullable() }),
  ),
  'egress.measure': method(
    'How the recordings and live streams of a room do.',
    z.object({ room: RoomId }),
    z.object({ egresses: z.array(EgressState) }),
  ),
  'ingress.apply': method(
    'Makes a fetched stream what the spec says, and begins to fetch it when it does not run. Repeatable. Answers when media come, or with what hinders it (`connecting` after at most 20 s).',
    z.object({ ...ofOwner, spec: IngressSpec }),
    IngressState,
  ),
  'ingress.close': method(
    'Ends a fetched stream. One that is not there is no error.',
    z.object({ ...ofOwner, stream: StreamId }),
    Done,
  ),
  'recordings.list': method(
    'Finished recordings in the folder of this agent, newest first: of a room, or all.',
    z.object({ room: RoomId.optional(), limit: z.int().min(1).max(1_000) }),
    z.object({ recordings: z.array(FinishedRecording) }),
  ),
  'recordings.unfinished': method(
    'A recording of a room that this agent has no finished files of yet, by what stands in its folder: it runs, is being finished, or was left by an agent that is gone. `held`: this agent works on it.',
    z.object({ room: RoomId, id: EgressId }),
    z.object({ recording: UnfinishedRecording.nullable() }),
  ),
  ...pipeContract,
} as const;
export type MixerContract = typeof mixerContract;
