import { z } from 'zod';
import { Owner } from './cluster.ts';
import { RoomId } from './ids.ts';
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
  ...pipeContract,
} as const;
export type MixerContract = typeof mixerContract;
