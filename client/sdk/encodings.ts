import { PorticoClientError } from './errors.ts';
import type {
  ProducerCodecOptions,
  RtpCapabilities,
  RtpCodecCapability,
  RtpEncodingParameters,
} from './engine.ts';
import type { AudioPublishOptions, TrackSource, VideoCodec, VideoPublishOptions } from './types.ts';

/** How a video track is sent; size in pixels. */
export interface VideoPlanInput {
  width: number;
  height: number;
  source: TrackSource;
  options: VideoPublishOptions;
}

/**
 * Bitrate (bit/s) that gives a good VP8 picture, by pixels: camera video at 30 frames per second.
 * Between the rows it is interpolated.
 */
const bitrates: readonly (readonly [pixels: number, bitrate: number])[] = [
  [160 * 90, 90_000],
  [320 * 180, 180_000],
  [640 * 360, 500_000],
  [960 * 540, 900_000],
  [1280 * 720, 1_700_000],
  [1920 * 1080, 3_200_000],
  [3840 * 2160, 9_000_000],
];

/** What a codec needs of VP8's bitrate for the same picture. */
const efficiency: Record<VideoCodec, number> = { vp8: 1, h264: 1, vp9: 0.75, av1: 0.65 };

/** Sharp text in a shared screen needs more bits for a key frame than a camera, and starts with one. */
const screenMinimum = 1_500_000;

/** bit/s for a picture of this size. */
export function bitrateFor(pixels: number): number {
  const above = bitrates.findIndex(([size]) => size >= pixels);
  const high = bitrates[above === -1 ? bitrates.length - 1 : above];
  const low = bitrates[above - 1];
  if (high === undefined) return 0;
  if (low === undefined) return high[1];
  const share = (pixels - low[0]) / (high[0] - low[0]);
  return Math.round(low[1] + share * (high[1] - low[1]));
}

/**
 * Spatial layers that make sense for a picture. libwebrtc sends at most this many simulcast layers of a picture
 * of this size and silently leaves the *largest* out when it is given more.
 */
export function layersFor(width: number, height: number): 1 | 2 | 3 {
  const pixels = width * height;
  if (pixels >= 0.9 * 960 * 540) return 3;
  if (pixels >= 0.9 * 480 * 270) return 2;
  return 1;
}

export interface VideoPlan {
  encodings: RtpEncodingParameters[];
  codecOptions: ProducerCodecOptions;
}

const isScreen = (source: TrackSource): boolean => source === 'screen-cast';

/** Encodings from the smallest to the largest picture, as mediasoup orders spatial layers. */
export function planVideo({ width, height, source, options }: VideoPlanInput): VideoPlan {
  const codec = options.codec ?? 'vp8';
  const screen = isScreen(source);
  const pixels = width * height;
  const natural = Math.round(bitrateFor(pixels) * efficiency[codec]);
  const maxBitrate = options.maxBitrate ?? (screen ? Math.max(screenMinimum, natural) : natural);
  const maxFramerate = options.maxFramerate ?? (screen ? 15 : 30);
  const count = (options.simulcast ?? !screen) ? layersFor(width, height) : 1;
  const codecOptions = { videoGoogleStartBitrate: Math.min(1000, Math.round(maxBitrate / 1000)) };
  if (codec === 'vp9' || codec === 'av1') {
    // VP9: prediction between layers in key frames only, so that the SFU can drop the upper ones without leftovers.
    // AV1: one spatial layer. Browsers decode more only by the dependency descriptor, a header extension that
    // mediasoup 3.27 takes from senders but does not pass on to receivers (measured: no frame decoded).
    const spatial = codec === 'vp9' ? count : 1;
    const scalabilityMode = options.scalabilityMode ?? (spatial > 1 ? `L${String(spatial)}T3_KEY` : 'L1T3');
    return { encodings: [{ maxBitrate, maxFramerate, scalabilityMode }], codecOptions };
  }
  // No temporal layers in H264, hardware encoders do not make them; nor in a lone VP8 encoding: measured, the first key
  // frame that mediasoup forwards of such a one cannot be decoded, and the picture comes a second later.
  const temporal = options.scalabilityMode ?? (codec === 'vp8' && count > 1 ? 'L1T3' : undefined);
  const encodings = Array.from({ length: count }, (_, index) => {
    const scale = 2 ** (count - 1 - index);
    const top = index === count - 1;
    const bitrate = top ? maxBitrate : Math.min(maxBitrate, bitrateFor(pixels / scale ** 2));
    return {
      ...(count > 1 && { scaleResolutionDownBy: scale }),
      maxBitrate: bitrate,
      maxFramerate,
      ...(temporal !== undefined && { scalabilityMode: temporal }),
    };
  });
  return { encodings, codecOptions };
}

/** Options of the Opus encoder and its encoding. */
export function planAudio(source: TrackSource, options: AudioPublishOptions): VideoPlan {
  const stereo = options.stereo ?? false;
  const codecOptions: ProducerCodecOptions = {
    // Music and shared sound suffer from silence detection.
    opusDtx: options.dtx ?? source === 'mic',
    opusFec: options.fec ?? true,
    opusStereo: stereo,
  };
  if (options.maxBitrate !== undefined) codecOptions.opusMaxAverageBitrate = options.maxBitrate;
  return { encodings: [], codecOptions };
}

const nameOf = (codec: { mimeType: string }): string => codec.mimeType.split('/')[1]?.toLowerCase() ?? '';

/** Level and profile that every H264 decoder has come first. */
const h264Rank = (codec: RtpCodecCapability): number => {
  const { 'packetization-mode': mode, 'profile-level-id': profile } = codec.parameters ?? {};
  return (mode === 1 ? 0 : 2) + (typeof profile === 'string' && profile.startsWith('42e0') ? 0 : 1);
};

/**
 * The codec to send with, of those that this browser and the server share.
 * @throws PorticoClientError `codec_unsupported`, `field` being the codec.
 */
export function codecToSend(capabilities: RtpCapabilities, wanted: VideoCodec): RtpCodecCapability {
  const [found] = (capabilities.codecs ?? [])
    .filter((codec) => codec.kind === 'video' && nameOf(codec) === wanted)
    .sort((a, b) => h264Rank(a) - h264Rank(b));
  if (found === undefined) {
    const text = `This browser and the server have no ${wanted.toUpperCase()} encoder in common.`;
    throw new PorticoClientError('codec_unsupported', text, { field: wanted });
  }
  return found;
}

/** Whether a track of this format can be decoded; an unknown profile is left to the server's own check. */
export function canDecode(capabilities: RtpCapabilities, codec: string): boolean {
  return (capabilities.codecs ?? []).some((one) => nameOf(one) === codec.toLowerCase());
}
