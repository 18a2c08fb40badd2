import type { VideoCodec } from '../../media.ts';
import { Av1Format } from './av1.ts';
import { H264Format } from './h264.ts';
import type { PayloadFormat } from './payload-format.ts';
import { Vp8Format } from './vp8.ts';
import { Vp9Format } from './vp9.ts';

const formats: Record<VideoCodec, new () => PayloadFormat> = {
  vp8: Vp8Format,
  vp9: Vp9Format,
  h264: H264Format,
  av1: Av1Format,
};

/** A payload format with the memory of one sender. */
export const createPayloadFormat = (codec: VideoCodec): PayloadFormat => new formats[codec]();
