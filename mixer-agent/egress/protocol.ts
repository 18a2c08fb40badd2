import type {
  Container,
  EgressAudio,
  EgressState,
  EgressVideo,
  LiveProtocol,
} from '../../common/contract/egress.ts';
import type { EgressEndReason } from '../../common/contract/mixing.ts';
import type { z } from 'zod';
import type { VideoCodec } from '../mix/media.ts';
import type { Feed } from '../mix/protocol.ts';
import type { EngineStart } from '../process/engine-words.ts';

/*
 * Between a mixer agent and its egress processes (messages of `child_process.fork`): one process for each recording and each live
 * stream out. As between owner and agent the whole state is told each time.
 */

/** A track that is recorded or sent. */
interface EgressFeed<Codec> {
  /** Id of the track; another one is another source. */
  track: string;
  /** Absent: nothing can come at the moment (its publisher is away). */
  feed?: Feed<Codec>;
  /** Nothing is expected of it: muted, or left out on request. */
  silent: boolean;
}

/** What an egress process makes. */
export interface EgressProcessSpec {
  revision: number;
  audio?: EgressFeed<'opus'> & Pick<EgressAudio, 'encode'>;
  video?: EgressFeed<VideoCodec> & Pick<EgressVideo, 'encode'>;
  /** s. */
  keyFrameInterval: number;
}

/** Where it goes. */
export type EgressProcessTarget =
  | {
      type: 'recording';
      /** Exists, belongs to this process alone; see `mixer-agent/recordings`. */
      folder: string;
      container: Container;
      syncMs: number;
    }
  | {
      type: 'live';
      protocol: LiveProtocol;
      /** A URL, or the path of a playlist or manifest in a folder that exists. */
      destination: string;
      /** It must not lead into private networks. */
      guarded: boolean;
      method: 'PUT' | 'POST';
      /** s. */
      segmentDuration: number;
      /** Segments in the playlist; 0: all. */
      segments: number;
      retry: { baseMs: number; maxMs: number; forMs: number; connectMs: number };
    };

/** How an egress process is started. */
export interface EgressStart extends EngineStart {
  ffmpeg: string;
  target: EgressProcessTarget;
  spec: EgressProcessSpec;
}

/** How it does; what the agent knows better is not told. */
export type EgressProgress = Pick<
  EgressState,
  'status' | 'error' | 'durationMs' | 'bytes' | 'bitrate' | 'dropped' | 'reconnects'
>;

/** What it says besides what all engines say. */
export type EgressNews =
  /** A picture cannot be used without a key frame, or one is due: ask the sender. */
  | { type: 'keyFrame'; ssrc: number }
  /** At each change of status, and each second. */
  | { type: 'progress'; progress: EgressProgress }
  /** It ends by itself, for good: `failed` (error says why), or the disk is full. */
  | { type: 'over'; reason: z.infer<typeof EgressEndReason>; progress: EgressProgress };

export interface EgressWords {
  start: EgressStart;
  news: EgressNews;
}
