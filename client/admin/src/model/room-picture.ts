import type { ManagedSubscription, TrackMeasure } from '../../../../common/contract/management.ts';
import type { Format, Kind, VideoParameters } from '../../../../common/contract/media.ts';
import type { Participant } from '../../../../management-api/schemas/participants.ts';
import type { Room, RoomMeasuresAnswer, RoomStatus } from '../../../../management-api/schemas/rooms.ts';
import type { EndedRecording, Recording } from '../../../../management-api/schemas/recordings.ts';
import type { StreamingIn11 } from '../../../../management-api/schemas/streaming-ins.ts';
import type { StreamingOut } from '../../../../management-api/schemas/streaming-outs.ts';
import type { Stream11 } from '../../../../management-api/schemas/streams.ts';
import type { View11 } from '../../../../management-api/schemas/views.ts';
import { measuresOfStream } from './measures.ts';

/** A stream that somebody publishes. */
export type PublishedStream = Extract<Stream11, { type: 'forward' }>;

export const isPublished = (stream: Stream11): stream is PublishedStream => stream.type === 'forward';

/** A room, as far as it was asked for in one look. */
export interface RoomPicture {
  status: RoomStatus;
  /** Undefined: it is not stored. */
  stored: Room | undefined;
  participants: Participant[];
  streams: PublishedStream[];
  views: View11[];
  subscriptions: ManagedSubscription[];
  measures: RoomMeasuresAnswer | undefined;
  recordings: Recording[];
  streamingOuts: StreamingOut[];
  streamingIns: StreamingIn11[];
  /** Recordings that are over, newest first. */
  ended: EndedRecording[];
}

/** A track of a stream, in a line. */
export interface TrackRow {
  key: string;
  stream: PublishedStream;
  /** Heads the lines of its stream. */
  first: boolean;
  owner: Participant | undefined;
  kind: Kind;
  source: string | undefined;
  format: Format | undefined;
  parameters: VideoParameters | undefined;
  muted: boolean;
  /** Sizes that are sent together; 1 without simulcast. */
  encodings: number;
  measure: TrackMeasure | undefined;
}

function audioOf(stream: Stream11): Partial<TrackRow> | undefined {
  const { audio } = stream.media;
  if (audio === false) return undefined;
  return { kind: 'audio', source: audio.source, format: audio.format, muted: audio.status === 'inactive' };
}

function videoOf(stream: Stream11): Partial<TrackRow> | undefined {
  const { video } = stream.media;
  if (video === false) return undefined;
  const [best] = video.original;
  return {
    kind: 'video',
    source: video.source,
    format: best?.format,
    parameters: best?.parameters,
    muted: video.status === 'inactive',
    encodings: video.original.length,
  };
}

/** Lines of all streams: those of a participant together, sound before picture. */
export function trackRows({ streams, participants, measures }: RoomPicture): TrackRow[] {
  const people = new Map(participants.map((participant) => [participant.id as string, participant]));
  const joined = (stream: PublishedStream): number => people.get(stream.info.owner)?.joinedAt ?? 0;
  const sorted = [...streams].sort(
    (one, other) => joined(one) - joined(other) || (one.info.owner < other.info.owner ? -1 : 1),
  );
  return sorted.flatMap((stream) => {
    const measured = measuresOfStream(measures, stream.id);
    return [audioOf(stream), videoOf(stream)]
      .filter((track) => track !== undefined)
      .map((track, index) => ({
        key: `${stream.id} ${track.kind ?? ''}`,
        stream,
        first: index === 0,
        owner: people.get(stream.info.owner),
        kind: 'audio' as const,
        source: undefined,
        format: undefined,
        parameters: undefined,
        muted: false,
        encodings: 1,
        measure: track.kind === undefined ? undefined : measured[track.kind],
        ...track,
      }));
  });
}

/** Size and rate of a picture: as measured, else as announced. */
export function pictureText({ measure, parameters }: Pick<TrackRow, 'measure' | 'parameters'>): string {
  const size = measure?.resolution ?? parameters?.resolution;
  const rate = measure?.framerate ?? parameters?.framerate;
  const words = [
    ...(size === undefined ? [] : [`${String(size.width)}×${String(size.height)}`]),
    ...(rate === undefined ? [] : [`${String(Math.round(rate))} fps`]),
  ];
  return words.join(' · ');
}

/** Highest layer that flows: `2 of 3` sizes, or its numbers when it is not known how many there are. */
export function layersText({
  measure,
  encodings,
}: Pick<TrackRow, 'measure'> & { encodings?: number }): string {
  const layers = measure?.layers;
  if (layers === undefined) return '';
  if (encodings !== undefined && encodings > 1)
    return `${String(layers.spatial + 1)} of ${String(encodings)}`;
  return `S${String(layers.spatial + 1)} T${String(layers.temporal + 1)}`;
}

const sources: Record<string, string> = {
  mic: 'Microphone',
  camera: 'Camera',
  'screen-cast': 'Screen',
  file: 'File',
  mixed: 'Mix',
};

export const sourceName = (source: string | undefined, kind: Kind): string =>
  (source === undefined ? undefined : (sources[source] ?? source)) ??
  (kind === 'audio' ? 'Sound' : 'Picture');
