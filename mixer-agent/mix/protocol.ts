import type { ParticipantId, StreamId } from '../../common/contract/ids.ts';
import type { Layout } from '../../common/contract/layout.ts';
import type { AudioOutputKey, MixSpec } from '../../common/contract/mix.ts';
import type { MixMeasure } from '../../common/contract/mixing.ts';
import type { MixCodec, Size, VideoCodec } from './media.ts';
import type { EngineStart } from '../process/engine-words.ts';

/*
 * Between a mixer agent and its mix processes (messages of `child_process.fork`). The agent has the routers, the process
 * the media. As between owner and agent the whole state is told each time.
 */

/** RTP of one track as the plain transport sends it. */
export interface Feed<Codec> {
  ssrc: number;
  payloadType: number;
  codec: Codec;
  /** Nothing comes until it is resumed. */
  paused: boolean;
}

export interface ProcessInput {
  stream: StreamId;
  participant: ParticipantId;
  name: string;
  /** Absent: it has no sound, or its publisher is away. */
  audio?: Feed<'opus'>;
  video?: Feed<VideoCodec>;
  /** It has a picture, even if none comes at the moment. */
  hasVideo: boolean;
}

export interface AudioOutputFeed {
  key: AudioOutputKey;
  ssrc: number;
  payloadType: number;
}

/** A smaller encoding of an output. */
export interface LowFeed {
  ssrc: number;
  resolution: Size;
  framerate: number;
  /** kbit/s. */
  bitrate: number;
  /** It is made. While it is not, its RTP shows only that it could be: see `idlePacket`. */
  active: boolean;
  /** Grows with each router that has to get to know it: it is made until a key frame was sent. */
  shows: number;
}

export interface VideoOutputFeed {
  key: string;
  codec: MixCodec;
  ssrc: number;
  payloadType: number;
  resolution: Size;
  framerate: number;
  /** kbit/s. */
  bitrate: number;
  /** s. */
  keyFrameInterval: number;
  /** For receivers on a thin line. Absent: there is none. */
  low?: LowFeed;
}

/** What the pictures are composed on. */
export type Canvas = Omit<NonNullable<MixSpec['video']>, 'format'>;

/** What a mix process makes. */
export interface ProcessSpec {
  revision: number;
  /** Undefined: sound only. */
  canvas?: Canvas;
  inputs: ProcessInput[];
  layout: Layout;
  outputs: { audio: AudioOutputFeed[]; video: VideoOutputFeed[] };
}

/** Where the RTP of an output has got to: a process that takes over goes on after it. */
export interface RtpPosition {
  ssrc: number;
  /** Of the packet after the last one sent, 16 bit. */
  sequence: number;
  /** RTP timestamp, and the wall-clock time (ms since 1970) that it stands for. */
  timestamp: number;
  at: number;
  /** Number of the last picture, 15 bit; of pictures only. */
  picture?: number;
}

/** How a mix process is started. */
export interface MixStart extends EngineStart {
  ffmpeg: string;
  holdMs: number;
  delay: { minMs: number; maxMs: number };
  /** Outputs of the process before this one. */
  positions: RtpPosition[];
  spec: ProcessSpec;
}

/** What a mix process measures itself. */
export type ProcessMeasure = Extract<MixNews, { type: 'measure' }>['measure'];

/** What it says besides what all engines say. */
export type MixNews =
  /** A picture cannot be decoded: ask the sender of this input for a key frame. */
  | { type: 'keyFrame'; ssrc: number }
  /** Each 100 ms. */
  | { type: 'progress'; positions: RtpPosition[] }
  /** Each second. */
  | { type: 'measure'; measure: Omit<MixMeasure, 'view' | 'restarts'> };

export interface MixWords {
  start: MixStart;
  news: MixNews;
}
