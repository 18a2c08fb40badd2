import type { EndedRecording, Recording } from '../../../../management-api/schemas/recordings.ts';
import type { StreamingIn11 } from '../../../../management-api/schemas/streaming-ins.ts';
import type { StreamingOut } from '../../../../management-api/schemas/streaming-outs.ts';
import type { OutputNoun } from '../api/outputs.ts';
import type { RoomPicture } from './room-picture.ts';
import { nameOf } from './view-picture.ts';

type Tone = 'good' | 'warn' | 'bad' | 'plain';

/** A recording or live stream, in a line. */
export type OutputRow = { noun: OutputNoun; names: string; paused: boolean } & (
  { kind: 'recording'; output: Recording } | { kind: 'live'; output: StreamingOut }
);

/** What streams and views are called. */
function namesOf({ room, picture }: { room: string; picture: RoomPicture }): Map<string, string> {
  const names = new Map<string, string>(
    picture.views.map(({ label, stream }) => [stream.id, `View ${label}`]),
  );
  for (const stream of picture.streams) names.set(stream.id, nameOf(stream, picture));
  for (const { label } of picture.stored?.views ?? []) {
    if (!names.has(`${room}-${label}`)) names.set(`${room}-${label}`, `View ${label}`);
  }
  return names;
}

function sourceText(
  { media: { audio, video } }: Pick<Recording, 'media'>,
  names: Map<string, string>,
): string {
  const name = (id: string): string => names.get(id) ?? id;
  if (audio === false) return video === false ? '' : `${name(video.from)}, picture only`;
  if (video === false) return `${name(audio.from)}, sound only`;
  if (audio.from === video.from) return name(video.from);
  return `${name(video.from)}, with the sound of ${name(audio.from)}`;
}

/** All that is sent is paused; with its publisher muted it waits as well. */
const isPaused = ({ media }: Pick<Recording, 'media'>): boolean =>
  [media.audio, media.video].every((track) => track === false || track.status === 'inactive');

/** Recordings first, then live streams, each oldest first. */
export function outputRows(room: string, picture: RoomPicture): OutputRow[] {
  const names = namesOf({ room, picture });
  const facts = (output: Recording | StreamingOut) => ({
    names: sourceText(output, names),
    paused: isPaused(output),
  });
  return [
    ...picture.recordings.map((output): OutputRow => ({
      kind: 'recording',
      noun: 'recordings',
      output,
      ...facts(output),
    })),
    ...picture.streamingOuts.map((output): OutputRow => ({
      kind: 'live',
      noun: 'streaming-outs',
      output,
      ...facts(output),
    })),
  ];
}

type Status = Recording['status'] | StreamingIn11['status'];

const states: Record<Status, readonly [word: string, tone: Tone]> = {
  connecting: ['starting', 'warn'],
  live: ['live', 'good'],
  retrying: ['trying again', 'bad'],
  finalising: ['finalising', 'plain'],
  ended: ['ended', 'plain'],
  failed: ['failed', 'bad'],
};

/** The state of something that runs, in a word. */
export function stateOf(row: OutputRow): readonly [word: string, tone: Tone] {
  const { status } = row.output;
  if (status !== 'live') return states[status];
  if (row.paused) return ['paused', 'warn'];
  return row.kind === 'recording' ? ['recording', 'good'] : states.live;
}

export const fetchState = ({ status }: Pick<StreamingIn11, 'status'>): readonly [word: string, tone: Tone] =>
  states[status];

const reasons: Record<EndedRecording['reason'], string> = {
  stopped: 'stopped',
  source_ended: 'its source ended',
  room_closed: 'the room ended',
  failed: 'it failed',
  quota: 'the room had no more space',
  disk_full: 'the disk was full',
  shutdown: 'the agent was shut down',
  orphaned: 'nobody ran the room any more',
  crashed: 'the agent was lost',
};

/** Why a recording is over, and whether that is as it should be. */
export const reasonOf = ({ reason }: Pick<EndedRecording, 'reason'>): readonly [word: string, tone: Tone] => [
  reasons[reason],
  reason === 'stopped' || reason === 'room_closed' || reason === 'source_ended' ? 'plain' : 'warn',
];

/** What can be recorded or sent, as id and name: views first. */
export interface Sources {
  audio: (readonly [id: string, name: string])[];
  video: (readonly [id: string, name: string])[];
}

export function sourcesOf(room: string, picture: RoomPicture): Sources {
  const names = namesOf({ room, picture });
  const stored = picture.stored?.views ?? [];
  const views =
    picture.views.length > 0
      ? picture.views.map(({ stream }) => ({ id: stream.id, video: stream.media.video !== false }))
      : stored.map(({ label, video }) => ({ id: `${room}-${label}`, video: video !== false }));
  const streams = picture.streams.map(({ id, media }) => ({
    id: id,
    audio: media.audio !== false,
    video: media.video !== false,
  }));
  const all = [...views.map((view) => ({ ...view, audio: true })), ...streams];
  const named = (ids: typeof all) => ids.map(({ id }) => [id, names.get(id) ?? id] as const);
  return { audio: named(all.filter(({ audio }) => audio)), video: named(all.filter(({ video }) => video)) };
}

/** What a dialog proposes: sound and picture of the first view, else of the first stream. */
export function proposed({ audio, video }: Sources): { audio: string; video: string } {
  const [picture] = video;
  const sound = audio.find(([id]) => id === picture?.[0]) ?? audio[0];
  return { audio: sound?.[0] ?? '', video: picture?.[0] ?? '' };
}
