import type { EgressTarget } from '../../common/contract/egress.ts';
import type { MemberId } from '../../common/contract/ids.ts';
import type { ManagedEgress } from '../../common/contract/management.ts';
import type { FinishedRecording } from '../../common/contract/mixing.ts';
import type { ShownMedia } from '../schemas/egresses.ts';
import type { EndedRecording, Recording } from '../schemas/recordings.ts';
import type { StreamingOut } from '../schemas/streaming-outs.ts';
import { maskEgress } from './masked-egress.ts';

/* From what owners of rooms and mixer agents say to what the API shows (OWT 7.3). */

type Track = NonNullable<ManagedEgress['audio'] | ManagedEgress['video']>;

const statusOf = ({ paused, muted }: Track) => (paused || muted ? 'inactive' : 'active');

function mediaOf({ audio, video }: ManagedEgress): ShownMedia {
  const format = (track: Track) => {
    const shown = track.encode?.codec === undefined ? track.format : { codec: track.encode.codec };
    return shown === undefined ? {} : { format: shown };
  };
  const { codec: _codec, ...sizes } = video?.encode ?? {};
  const parameters = { ...video?.parameters, ...sizes };
  return {
    audio: audio !== undefined && { from: audio.stream, ...format(audio), status: statusOf(audio) },
    video: video !== undefined && {
      from: video.stream,
      ...format(video),
      status: statusOf(video),
      ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    },
  };
}

function commonOf(egress: ManagedEgress) {
  const { id, startedAt, origin, agent, state } = egress;
  const { status, error, part, durationMs, bytes, bitrate, dropped, reconnects } = state;
  return {
    ...{ id, media: mediaOf(egress), status, part, durationMs, bytes, bitrate, dropped, reconnects },
    ...{ startedAt, startedBy: origin },
    ...(error === undefined ? {} : { error }),
    ...(agent === undefined ? {} : { agent }),
  };
}

/** What `auto` comes to with these codecs. */
function extensionOf({ audio, video }: ManagedEgress, container: Recording['container']): string {
  if (container !== 'auto') return container;
  const codecs = [audio, video].map((track) => track?.encode?.codec ?? track?.format?.codec);
  const fits = [
    ['opus', 'aac', undefined],
    ['h264', 'h265', undefined],
  ] as const;
  return codecs.every((codec, index) => (fits[index] as readonly unknown[]).includes(codec)) ? 'mp4' : 'mkv';
}

/** A recording that runs; `room`: for the name of its file before there is one. */
export function recordingOf(egress: ManagedEgress, room: string): Recording {
  const { container } = targetOf(egress, 'recording');
  const { files } = egress.state;
  const file = files.at(-1)?.name ?? `${room}/${egress.id}.${extensionOf(egress, container)}`;
  return { ...commonOf(egress), storage: { host: egress.agent ?? '', file }, container, files };
}

/** A live stream that runs. */
export function streamingOutOf(egress: ManagedEgress): StreamingOut {
  const masked = maskEgress(egress);
  const { protocol, url = masked.state.url ?? '' } = targetOf(masked, 'live');
  return { ...commonOf(masked), url, protocol };
}

function targetOf<T extends EgressTarget['type']>(
  { target }: ManagedEgress,
  type: T,
): Extract<EgressTarget, { type: T }> {
  if (target.type !== type) throw new TypeError(`an egress is of type ${target.type}, not ${type}`);
  return target as Extract<EgressTarget, { type: T }>;
}

type EndedFile = EndedRecording['files'][number];

/**
 * Recordings that are over, newest first. Agents that share a folder list the same files; parts of one recording may
 * lie at several agents.
 */
export function endedRecordings(
  lists: readonly { agent: MemberId; recordings: readonly FinishedRecording[] }[],
): EndedRecording[] {
  const found = new Map<string, EndedRecording>();
  for (const { agent, recordings } of lists) {
    for (const recording of recordings) {
      found.set(recording.id, joined(found.get(recording.id), recording, agent));
    }
  }
  return [...found.values()].sort((a, b) => b.endedAt - a.endedAt);
}

function joined(
  known: EndedRecording | undefined,
  { id, startedAt, endedAt, reason, durationMs, bytes, files }: FinishedRecording,
  agent: MemberId,
): EndedRecording {
  const all = new Map<string, EndedFile>(known?.files.map((file) => [file.name, file]));
  let news = 0;
  for (const file of files) {
    const other = all.get(file.name);
    if (other === undefined) news += 1;
    all.set(file.name, { ...file, agents: [...(other?.agents ?? []), agent] });
  }
  const sorted = [...all.values()].sort((a, b) => a.part - b.part || a.startedAt - b.startedAt);
  const last = sorted.at(-1);
  const storage = { host: last?.agents[0] ?? agent, file: last?.name ?? '' };
  const own = { startedAt, endedAt, reason, durationMs, bytes };
  const facts = known === undefined ? own : news === 0 ? known : sumOf(known, own);
  const { startedAt: from, endedAt: to, reason: why, durationMs: length, bytes: size } = facts;
  return {
    ...{ id, status: 'ended', storage, files: sorted },
    ...{ startedAt: from, endedAt: to, reason: why, durationMs: length, bytes: size },
  };
}

type Facts = Pick<EndedRecording, 'startedAt' | 'endedAt' | 'reason' | 'durationMs' | 'bytes'>;

const sumOf = (one: Facts, other: Facts): Facts => ({
  startedAt: Math.min(one.startedAt, other.startedAt),
  endedAt: Math.max(one.endedAt, other.endedAt),
  reason: one.endedAt >= other.endedAt ? one.reason : other.reason,
  durationMs: one.durationMs + other.durationMs,
  bytes: one.bytes + other.bytes,
});
