import { PorticoError } from '../../common/contract/errors.ts';
import type { EgressMedia } from '../../common/contract/management.ts';
import type { Format, StreamInfo, VideoParameters } from '../../common/contract/media.ts';
import { VideoFormat } from '../../common/contract/room-settings.ts';
import { atLeast, defaultBitrate } from '../../common/media/video-bitrate.ts';
import type { MediaSubscription } from '../schemas/media-requests.ts';

type AudioEncode = NonNullable<NonNullable<EgressMedia['audio']>['encode']>;
export type VideoEncode = NonNullable<NonNullable<EgressMedia['video']>['encode']>;

const audioCodecs: readonly string[] = ['opus', 'aac'] satisfies AudioEncode['codec'][];
const videoCodecs: readonly string[] = ['vp8', 'vp9', 'h264'] satisfies VideoEncode['codec'][];

function checkCodec(codec: string, known: readonly string[], field: string): void {
  if (known.includes(codec)) return;
  const sentence = `'${codec}' is not made here; known are ${known.join(', ')}`;
  throw new PorticoError('codec_unsupported', sentence, { field });
}

/** A picture, as far as it decides about its bitrate. */
export interface SourcePicture {
  format?: Format | undefined;
  parameters?: VideoParameters | undefined;
}

/** kbit/s of a factor such as `x0.6`: of what the source has, else of what is usual for its size (OWT 10.2). */
export function bitrateOf(factor: string, { format, parameters = {} }: SourcePicture): number {
  const share = Number(factor.slice(1));
  const { bitrate, resolution = { width: 1280, height: 720 }, framerate = 30 } = parameters;
  if (typeof bitrate === 'number') return atLeast(bitrate * share);
  const codec = VideoFormat.shape.codec.safeParse(format?.codec).data ?? 'vp8';
  return atLeast(share * defaultBitrate({ resolution, framerate, codec, motionFactor: 0.8 }));
}

/** The picture track of a stream, or the track itself. */
function pictureOf(from: string, streams: readonly StreamInfo[]): SourcePicture {
  const tracks = streams.flatMap(({ id, media }) => media.tracks.map((track) => ({ stream: id, track })));
  const found = tracks.find(
    ({ stream, track }) => track.type === 'video' && (stream === from || track.id === from),
  );
  return found?.track ?? {};
}

type AskedVideo = Exclude<MediaSubscription['video'], false>;

function videoEncode({ format, parameters }: AskedVideo, source: () => SourcePicture): VideoEncode {
  const { resolution, framerate, bitrate } = parameters ?? {};
  const rate = typeof bitrate === 'string' ? bitrateOf(bitrate, over(source(), parameters)) : bitrate;
  return {
    ...(format === undefined ? {} : { codec: format.codec as VideoEncode['codec'] }),
    ...(resolution === undefined ? {} : { resolution }),
    ...(framerate === undefined ? {} : { framerate }),
    ...(rate === undefined ? {} : { bitrate: rate }),
  };
}

/** A source with another size or rate: what is announced of its bitrate does not hold then. */
export function over(
  source: SourcePicture,
  asked: Pick<VideoEncode, 'resolution' | 'framerate'> = {},
): SourcePicture {
  const { resolution, framerate } = asked;
  if (resolution === undefined && framerate === undefined) return source;
  const { bitrate: _announced, ...rest } = source.parameters ?? {};
  return {
    ...source,
    parameters: {
      ...rest,
      ...(resolution === undefined ? {} : { resolution }),
      ...(framerate === undefined ? {} : { framerate }),
    },
  };
}

const orNothing = <T extends object>(value: T): { encode?: T } =>
  Object.keys(value).length === 0 ? {} : { encode: value };

/**
 * What a request asks to be recorded or sent, in the words of the room.
 *
 * @param streams of the room, for bitrates that are a factor
 * @throws PorticoError `bad_request`, `codec_unsupported`; `field` such as `media.audio.format.codec`
 */
export function askedMedia(
  { audio, video }: MediaSubscription,
  streams: readonly StreamInfo[],
): { media: EgressMedia; keyFrameInterval?: number } {
  if (audio === false && video === false) {
    throw new PorticoError('bad_request', 'media: either audio or video must be taken from a stream', {
      field: 'media',
    });
  }
  if (audio !== false && audio.format !== undefined)
    checkCodec(audio.format.codec, audioCodecs, 'media.audio.format.codec');
  if (video !== false && video.format !== undefined)
    checkCodec(video.format.codec, videoCodecs, 'media.video.format.codec');
  const codec = audio === false ? undefined : (audio.format?.codec as AudioEncode['codec'] | undefined);
  const interval = video === false ? undefined : video.parameters?.keyFrameInterval;
  const media: EgressMedia = {
    ...(audio === false ? {} : { audio: { from: audio.from, ...(codec ? { encode: { codec } } : {}) } }),
    ...(video === false
      ? {}
      : {
          video: {
            from: video.from,
            ...orNothing(videoEncode(video, () => pictureOf(video.from, streams))),
          },
        }),
  };
  return { media, ...(interval === undefined ? {} : { keyFrameInterval: interval }) };
}

/** Whether `askedMedia` needs to know the streams of the room. */
export const asksForFactor = ({ video }: MediaSubscription): boolean =>
  video !== false && typeof video.parameters?.bitrate === 'string';
