import type { EngineLog } from '../process/engine-log.ts';
import type { Wish } from './carriage.ts';
import type { EgressStart, EgressProcessSpec } from './protocol.ts';
import type { Wishes } from './push/carriage.ts';
import type { Notes } from './record/record-sink.ts';
import { Transcoder } from './transcode/transcoder.ts';
import type { Sink, SinkEvents, Stage, StageEvents } from './unit.ts';

/* What egresses are put together from, by what is asked for. */

export interface OutletOptions {
  start: EgressStart;
  notes: () => Notes;
  events: SinkEvents;
  log: EngineLog;
}

/** The end of an egress. */
export interface Outlet {
  readonly sink: Sink;
  /** What is asked for has changed. */
  readonly change: (spec: EgressProcessSpec) => void;
}

/**
 * Only the code of its own kind is loaded: there may be many processes.
 * @throws when the folder of a recording cannot be used
 */
export async function openOutlet({ start, notes, events, log }: OutletOptions): Promise<Outlet> {
  const { target, ffmpeg, spec } = start;
  if (target.type === 'recording') {
    const { folder, syncMs } = target;
    const { RecordSink } = await import('./record/record-sink.ts');
    const recording = await RecordSink.open({ folder, syncMs, notes, events });
    return { sink: recording, change: () => undefined };
  }
  const { PushSink } = await import('./push/push-sink.ts');
  const sink = await PushSink.open({ ffmpeg, target, ...asked(spec), events, log });
  return {
    sink,
    change: (changed) => {
      sink.change(asked(changed));
    },
  };
}

/** A live stream is encoded by whatever sends it. */
function asked({ audio, video, keyFrameInterval }: EgressProcessSpec): {
  wishes: Wishes;
  keyFrameInterval: number;
} {
  const wishes: Wishes = {
    ...(audio?.encode === undefined ? {} : { audio: audio.encode }),
    ...(video?.encode === undefined ? {} : { video: video.encode }),
  };
  return { wishes, keyFrameInterval };
}

export interface StageOptions {
  wish: Wish;
  /** s. */
  keyFrameInterval: number;
  ffmpeg: string;
  events: StageEvents;
  log: EngineLog;
}

/** What encodes a track of a recording anew. */
export const createStage = (options: StageOptions): Stage => new Transcoder(options);
