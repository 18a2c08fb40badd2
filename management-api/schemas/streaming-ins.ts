import { z } from 'zod';
import { MemberId, StreamId } from '../../common/contract/ids.ts';
import { IngressState, IngressStatus } from '../../common/contract/ingress.ts';
import { Attributes } from '../../common/contract/media.ts';
import { Stream10, Stream11 } from './streams.ts';

const choice = z
  .union([z.literal('auto'), z.boolean()])
  .describe('`auto`: when the source has it; true: it must; false: it is left out.');

/** Body of `POST streaming-ins`. */
export const StreamingInCreation = z
  .strictObject({
    connection: z.strictObject({
      url: z
        .string()
        .min(1)
        .max(2_000)
        .describe(
          'rtsp, rtmp, srt, http(s) (HLS or a file), or file in a folder of `[streaming] input_folders`.',
        ),
      transportProtocol: z.enum(['tcp', 'udp']).default('tcp').describe('Of RTSP.'),
      bufferSize: z.int().positive().max(16_777_216).default(8_192).describe('Bytes, for udp.'),
      loop: z.boolean().default(false).describe('A file begins again when it is over.'),
      origin: z
        .strictObject({ isp: z.string().max(100).optional(), region: z.string().max(100).optional() })
        .optional()
        .describe('Accepted for compatibility.'),
    }),
    media: z.strictObject({ audio: choice, video: choice }),
    attributes: Attributes.optional(),
  })
  .describe('A stream to be taken in from a URL.');
export type StreamingInCreation = z.input<typeof StreamingInCreation>;

const { shape } = IngressState;

const shownAs = <S extends z.ZodType>(stream: S) =>
  z.object({
    id: StreamId.describe('Id of the stream that it is in the room.'),
    url: z.string().describe('Where it comes from, passwords and keys hidden.'),
    status: IngressStatus.describe(
      'connecting: no media have come yet · live · retrying: the source is gone, it is tried again · ' +
        'ended: a file is over · failed: given up.',
    ),
    error: shape.error.describe('Why it failed or is being tried again.'),
    transcoded: shape.transcoded.describe('Whether a track has to be encoded anew for the room.'),
    bitrate: shape.bitrate.describe('bits/s, over about the last second.'),
    reconnects: shape.reconnects.describe('Times that a connection was made anew.'),
    agent: MemberId.optional().describe('The mixer agent that fetches it.'),
    stream: stream.nullable().describe('The stream in the room; null before media have come.'),
  });

/** A stream that is fetched, as v1 and v1.1 show it. */
export const StreamingIn10 = shownAs(Stream10).meta({
  id: 'StreamingIn10',
  description: 'A stream that is fetched from a URL, as v1 shows it.',
});
export const StreamingIn11 = shownAs(Stream11).meta({
  id: 'StreamingIn11',
  description: 'A stream that is fetched from a URL, as v1.1 shows it.',
});
export type StreamingIn10 = z.infer<typeof StreamingIn10>;
export type StreamingIn11 = z.infer<typeof StreamingIn11>;
