import type { IngressSpec, IngressState } from '../../common/contract/ingress.ts';
import type { RtpPosition } from '../mix/protocol.ts';
import type { SentCodec } from '../mix/send/video-sender.ts';
import type { EngineStart } from '../process/engine-words.ts';

/*
 * Between a mixer agent and its ingress processes (messages of `child_process.fork`): one process for each stream that is
 * fetched. As between owner and agent the whole state is told each time.
 */

/** What is fetched, and how. */
export interface IngressSource extends Pick<
  IngressSpec,
  'url' | 'transportProtocol' | 'bufferSize' | 'loop' | 'audio' | 'video'
> {
  /** What pictures may be sent in, best first. */
  codecs: SentCodec[];
  /** In small letters, without `:`. */
  scheme: string;
  /** What FFmpeg is given as its input. */
  input: string;
  /** What it may open for that (`-protocol_whitelist`). */
  protocols: string;
  /** It must not lead into private networks. */
  guarded: boolean;
}

/** RTP that a producer of the router waits for. */
export interface IngressOutput {
  ssrc: number;
  payloadType: number;
}

/** What an ingress process does. */
export interface IngressProcessSpec {
  revision: number;
  source: IngressSource;
  /** Absent: nobody waits for that; the process says what it could send. */
  outputs: { audio?: IngressOutput; video?: IngressOutput & { codec: SentCodec } };
}

/** Pauses between attempts to reach the source, ms. */
export interface IngressRetry {
  baseMs: number;
  maxMs: number;
  /** After so long without media it is given up. */
  forMs: number;
  /** How long it may give nothing. */
  connectMs: number;
}

/** How an ingress process is started. */
export interface IngressStart extends EngineStart {
  ffmpeg: string;
  retry: IngressRetry;
  /** Outputs of the process before this one. */
  positions: RtpPosition[];
  spec: IngressProcessSpec;
}

/** What the source has, as it is sent. */
export interface IngressTracks {
  audio?: { transcoded: boolean };
  video?: {
    transcoded: boolean;
    codec: SentCodec;
    resolution: { width: number; height: number };
    /** Absent as long as too few pictures have come. */
    framerate?: number;
  };
}

export type IngressProgress = Pick<IngressState, 'status' | 'error' | 'bitrate' | 'reconnects'>;

/** What it says besides what all engines say. */
export type IngressNews =
  /** The source was seen, or has changed. */
  | { type: 'tracks'; tracks: IngressTracks }
  /** At each change of status, and each second. */
  | { type: 'state'; progress: IngressProgress }
  /** Each 100 ms. */
  | { type: 'progress'; positions: RtpPosition[] };

export interface IngressWords {
  start: IngressStart;
  news: IngressNews;
}
