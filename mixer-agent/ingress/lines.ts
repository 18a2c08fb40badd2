import type { EngineLog } from '../process/engine-log.ts';
import type { OpusCodecs } from '../mix/audio/opus-codecs.ts';
import { CopiedAudio } from './copied-audio.ts';
import { CopiedVideo } from './copied-video.ts';
import { EncodedAudio } from './encoded-audio.ts';
import { EncodedVideo } from './encoded-video.ts';
import type { Plan, SentPicture } from './plan.ts';
import type { Timeline } from './timeline.ts';
import type { Play, TrackLine } from './track-line.ts';

export interface LineParts {
  ffmpeg: string;
  opus: OpusCodecs;
  log: EngineLog;
  timeline: Timeline;
  playPicture: Play<SentPicture>;
  playSound: Play<Uint8Array>;
}

interface Events {
  framerate: () => number | undefined;
  onTrouble: (why: string) => void;
  onUnfit: () => void;
}

/** The tracks of one connection. */
export interface Lines {
  video?: TrackLine;
  audio?: TrackLine;
  requestKeyFrame?: () => void;
}

export function makeLines({ video, audio }: Plan, parts: LineParts & Events): Lines {
  return { ...videoLines(video, parts), ...audioLines(audio, parts) };
}

function audioLines(plan: Plan['audio'], parts: LineParts & Events): Lines {
  if (plan === undefined) return {};
  const options = { ...parts, codecs: parts.opus, play: parts.playSound };
  return { audio: plan.transcoded ? new EncodedAudio(options) : new CopiedAudio(options) };
}

function videoLines(plan: Plan['video'], parts: LineParts & Events): Lines {
  if (plan === undefined) return {};
  const options = { ...parts, plan, play: parts.playPicture };
  const video = plan.transcoded ? new EncodedVideo(options) : new CopiedVideo(options);
  return {
    video,
    requestKeyFrame: () => {
      video.requestKeyFrame();
    },
  };
}
