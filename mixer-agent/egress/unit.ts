import type { Size, VideoCodec } from '../mix/media.ts';
import type { EgressProgress } from './protocol.ts';

/* What the parts of an egress process hand to each other: encoded media on one clock. */

export interface AudioTrack {
  kind: 'audio';
  codec: 'opus' | 'aac';
  /** Hz. */
  sampleRate: number;
  channels: number;
  /** OpusHead (RFC 7845, 5.1), or the AudioSpecificConfig of AAC (ISO/IEC 14496-3, 1.6.2.1). */
  config: Uint8Array;
}

export interface VideoTrack {
  kind: 'video';
  codec: VideoCodec;
  /** Of the first key frame; it may change with any other one. */
  size: Size;
  /** The avcC of H.264 (ISO/IEC 14496-15, 5.3.3), the av1C of AV1; absent with VP8 and VP9. */
  config?: Uint8Array;
}

export type TrackDescription = AudioTrack | VideoTrack;

/** The tracks of one file or connection. */
export interface Tracks {
  audio?: AudioTrack;
  video?: VideoTrack;
}

/** One access unit. The memory of `data` is given away: nobody writes to it any more. */
export interface MediaUnit {
  kind: 'audio' | 'video';
  /**
   * VP8 and VP9 frames as in IVF, H.264 access units in Annex B (key frames begin with their parameter sets), AV1 temporal
   * units (OBUs with sizes), Opus packets, AAC access units without ADTS headers.
   */
  data: Uint8Array;
  /** ms since the beginning, 0 or more; grows from unit to unit of a kind. May have fractions. */
  timeMs: number;
  /** ms; of sound. Units of sound follow each other without holes. */
  durationMs?: number;
  /** It needs no unit before it; always so with sound. */
  key: boolean;
}

/** Where encoded media end: a file, a far end. None of its methods throw because of what happens there. */
export interface Sink {
  /**
   * The tracks as they are from the next unit on. Told before the first unit, and again when a track comes to those that
   * there were or has another codec; its first unit is then a key frame. Units of tracks that were not named never come.
   */
  begin(tracks: Tracks): void;
  push(unit: MediaUnit): void;
  /** Cheap; asked each second, and after each `onChange`. Counts and sums are those since the start. */
  progress(): SinkProgress;
  /** Everything that was pushed is to arrive; resolves when it is over. No word comes after that. */
  close(): Promise<void>;
  /** Ends at once, and leaves it to another one to go on; absent where there is nothing to go on with. */
  abandon?(): Promise<void>;
}

/** `durationMs` is the media time that has arrived. The bitrate is worked out of the bytes by whoever asks. */
export type SinkProgress = Omit<EgressProgress, 'bitrate'>;

export interface SinkEvents {
  /** The status of its progress is another one. */
  onChange: () => void;
  /** It cannot go on with pictures without a key frame: the sender is asked, again until one comes. */
  onKeyFrameNeeded: () => void;
  /** It is over for good, with the reason in `progress().error`: nothing more can be pushed. */
  onOver: (reason: 'failed' | 'disk_full') => void;
}

/** Makes the units of one track into those of another codec (`transcode/`). None of its methods throw. */
export interface Stage {
  /** What it is given from now on; the next unit is a key frame. */
  begin(track: TrackDescription): void;
  push(unit: MediaUnit): void;
  /** All that was pushed has come out when it resolves, at most about a second later. */
  close(): Promise<void>;
}

export interface StageEvents {
  /** What comes out from now on; told before the first unit, and whenever it changes. The next unit is a key frame. */
  onTrack: (track: TrackDescription) => void;
  /** Times are those of what went in. */
  onUnit: (unit: MediaUnit) => void;
  /** Its child has to begin anew: the sender is asked. */
  onKeyFrameNeeded: () => void;
  /** It does not work, with this FFmpeg or at all. */
  onFailed: (error: { code: string; message: string }) => void;
}
