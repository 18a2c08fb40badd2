import type { IngressSpec, IngressState } from '../../common/contract/ingress.ts';
import type { RtpPosition } from '../mix/protocol.ts';
import type { SentCodec } from '../mix/send/video-sender.ts';

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

export type IngressCommand =
  | {
      type: 'start';
      /** UDP port of the process on 127.0.0.1; 0: any. */
      port: number;
      /** The plain transport. */
      router: { ip: string; port: number };
      ffmpeg: string;
      retry: IngressRetry;
      /** Outputs of the process before this one. */
      positions: RtpPosition[];
      spec: IngressProcessSpec;
    }
  | { type: 'apply'; spec: IngressProcessSpec }
  | { type: 'close' };

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

export type IngressNews =
  /** It takes commands; a spare one waits like this. */
  | { type: 'idle' }
  | { type: 'started'; port: number }
  /** The source was seen, or has changed. */
  | { type: 'tracks'; tracks: IngressTracks }
  /** At each change of status, and each second. */
  | { type: 'state'; progress: IngressProgress }
  /** Each 100 ms. */
  | { type: 'progress'; positions: RtpPosition[] }
  | {
      type: 'log';
      level: 'debug' | 'info' | 'warn' | 'error';
      message: string;
      facts: Record<string, unknown>;
    };

/** How an ingress process is started, and what it says besides what all engines say. */
export interface IngressWords {
  start: Extract<IngressCommand, { type: 'start' }>;
  news: Extract<IngressNews, { type: 'tracks' | 'state' | 'progress' }>;
}
