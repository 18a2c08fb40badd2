import type { ParticipantId, RoomId, StreamId } from '../../../../../common/contract/ids.ts';
import { StreamId as StreamIdSchema } from '../../../../../common/contract/ids.ts';
import type { Layout } from '../../../../../common/contract/layout.ts';
import type { Kind } from '../../../../../common/contract/media.ts';
import type { MixInput, MixSpec } from '../../../../../common/contract/mix.ts';
import type { Origin } from '../../../../../common/contract/origin.ts';
import type { Person } from '../../../access/support/person.ts';

/** What a person publishes, as an owner would have it mixed. */
export function inputOf(person: Person, origins: ReadonlyMap<Kind, Origin>): MixInput {
  const { stream, track } = person.names();
  const trackOf = (kind: Kind) => {
    const origin = origins.get(kind);
    return origin === undefined ? {} : { [kind]: { id: track(kind), paused: false, origin } };
  };
  return { stream, participant: person.id, name: person.id, ...trackOf('audio'), ...trackOf('video') };
}

/** The same, muted or not. */
export function muted(input: MixInput, kind: Kind, paused = true): MixInput {
  const track = input[kind];
  return track === undefined ? input : { ...input, [kind]: { ...track, paused } };
}

/** Streams side by side, each as wide as the number of columns says. */
export function row(streams: readonly StreamId[], columns = Math.max(1, streams.length)): Layout {
  return streams.map((stream, index) => ({
    stream,
    region: {
      id: String(index + 1),
      shape: 'rectangle',
      area: { left: `${index}/${columns}`, top: '0/1', width: `1/${columns}`, height: '1/1' },
    },
  }));
}

export interface SpecOptions {
  room: RoomId;
  revision?: number;
  inputs?: MixInput[];
  layout?: Layout;
  audio?: (ParticipantId | 'common')[];
  video?: string[];
  codec?: 'vp8' | 'h264' | 'vp9' | 'av1';
  view?: string;
}

/** A view of 1280x720 with everybody side by side. */
export function specOf(options: SpecOptions): MixSpec {
  const { room, revision = 1, inputs = [], codec = 'vp8', view = 'common' } = options;
  const resolution = { width: 1280, height: 720 };
  const shown = inputs.filter(({ video }) => video !== undefined).map(({ stream }) => stream);
  return {
    view,
    stream: StreamIdSchema.parse(`${room}-${view}`),
    revision,
    audio: true,
    video: {
      format: { codec },
      resolution,
      framerate: 24,
      background: { r: 0, g: 0, b: 0 },
      fit: 'letterbox',
      labels: false,
      speakingMark: false,
    },
    inputs,
    layout: options.layout ?? row(shown),
    outputs: {
      audio: options.audio ?? ['common'],
      video: (options.video ?? ['main']).map((key) => ({
        key,
        resolution,
        framerate: 24,
        bitrate: 1_500,
        keyFrameInterval: 100,
      })),
    },
  };
}
