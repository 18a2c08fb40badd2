import { z } from 'zod';
import { MemberId, ProducerId, RoomId, RouterId } from './ids.ts';
import { Kind, RtpParameters } from './media.ts';
import { method } from './rpc.ts';

const Done = z.object({});

/** How two routers in different processes reach each other (mediasoup PipeTransport). */
const PipeEnd = z.object({
  agent: MemberId,
  router: RouterId,
  ip: z.string(),
  port: z.number().int(),
  srtpParameters: z.object({ cryptoSuite: z.string(), keyBase64: z.string() }).optional(),
});

/** The pipe: from the router at which a stream enters to a router of another agent. */
const pipe = { room: RoomId, origin: RouterId, edge: z.object({ agent: MemberId, router: RouterId }) };

/** Nominal bitrates of the two layers of a producer whose lower one is made on demand, bit/s. */
const LayerBitrates = z.object({ low: z.number().positive(), main: z.number().positive() });

/** Served at `member.<id>` by all who carry media: access agents and mixer agents. */
export const pipeContract = {
  'pipe.open': method(
    'Asked by the edge: connect a pipe from your router to mine. Repeatable.',
    z.object({ ...pipe, end: PipeEnd }),
    z.object({ end: PipeEnd }),
  ),
  'pipe.consume': method(
    'Asked by the edge: send this producer through the pipe. Repeatable.',
    z.object({ ...pipe, producer: ProducerId }),
    z.object({
      kind: Kind,
      rtpParameters: RtpParameters,
      paused: z.boolean(),
      onDemand: LayerBitrates.optional(),
    }),
  ),
  'pipe.unconsume': method(
    'Asked by the edge: nobody receives this producer here any more.',
    z.object({ ...pipe, producer: ProducerId }),
    Done,
  ),
  'pipe.layers': method(
    'Told by the edge: highest spatial layer that its consumers want (-1 none), and whether the lowest is to be made for thin lines.',
    z.object({
      ...pipe,
      producer: ProducerId,
      maxSpatialLayer: z.number().int().min(-1).max(7),
      low: z.boolean().default(false),
    }),
    Done,
  ),
  'pipe.close': method('The pipe is no longer needed, or its other end is gone.', z.object(pipe), Done),
  'pipe.producer': method(
    'Told by the origin: the producer was paused, resumed or closed.',
    z.object({ ...pipe, producer: ProducerId, status: z.enum(['paused', 'resumed', 'closed']) }),
    Done,
  ),
} as const;
export type PipeContract = typeof pipeContract;
