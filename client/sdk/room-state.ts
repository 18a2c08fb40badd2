import { RemoteParticipant } from './participant.ts';
import { Recordings } from './recordings.ts';
import type { RecordingChange } from './recordings.ts';
import { updateStream } from '../../common/room-log/stream-update.ts';
import { streamOf } from './stream.ts';
import type { RemoteStream } from './stream.ts';
import type { ConferenceEvents, Kind, ParticipantConnection, SessionEndReason } from './types.ts';
import type { NotificationPayload, RoomSnapshot, StreamInfo } from './wire.ts';

type Named<N extends keyof ConferenceEvents> = { name: N; event: ConferenceEvents[N] };

/** What changed in the room: an event for the application, or news about a stream of our own. */
export type RoomChange =
  | Named<'participantJoined'>
  | Named<'participantUpdated'>
  | Named<'participantLeft'>
  | Named<'streamAdded'>
  | Named<'streamRemoved'>
  | Named<'streamUpdated'>
  | RecordingChange
  | { name: 'ownTrack'; id: string; kind: Kind; muted: boolean; by?: string }
  /** A stream of our own is there, or is mixed into other views. */
  | { name: 'ownViews'; id: string; views: readonly string[] }
  /** A stream of our own is gone; without a reason the room, restored by another owner, does not know it. */
  | { name: 'ownStreamRemoved'; id: string; reason?: SessionEndReason };

type Difference = Pick<ConferenceEvents['streamUpdated'], 'change' | 'kind' | 'by'>;

const statusOf = (info: StreamInfo, kind: Kind): string | undefined =>
  info.media.tracks.find((track) => track.type === kind)?.status;

/** What of a description has changes of its own name. */
const parts = {
  views: ({ type, info }: StreamInfo): unknown => (type === 'forward' ? info.inViews : undefined),
  layout: ({ type, info }: StreamInfo): unknown =>
    type === 'mixed' ? [info.layout, info.template, info.follow] : undefined,
  activeInput: ({ type, info }: StreamInfo): unknown => (type === 'mixed' ? info.activeInput : undefined),
  /** The rest, without what has events of its own. */
  info: ({ info, media }: StreamInfo): unknown => [
    {
      ...info,
      inViews: undefined,
      layout: undefined,
      template: undefined,
      follow: undefined,
      activeInput: undefined,
    },
    media.tracks.map((track) => ({ ...track, status: undefined })),
  ],
} satisfies { [C in Difference['change']]?: (info: StreamInfo) => unknown };

/** Differences of two versions of a stream, as updates. */
function differences(before: StreamInfo, after: StreamInfo): Difference[] {
  const found: Difference[] = [];
  for (const [change, part] of Object.entries(parts) as [keyof typeof parts, (typeof parts)['info']][]) {
    if (JSON.stringify(part(before)) !== JSON.stringify(part(after))) found.push({ change });
  }
  for (const kind of ['audio', 'video'] as const) {
    const now = statusOf(after, kind);
    if (now !== undefined && now !== statusOf(before, kind)) {
      found.push({ change: now === 'active' ? 'unmuted' : 'muted', kind });
    }
  }
  if (before.status !== after.status) found.push({ change: 'status' });
  return found;
}

const viewsOf = (info: StreamInfo): readonly string[] => (info.type === 'forward' ? info.info.inViews : []);

/** Who and what is in the room, as the notifications tell it. No I/O: changes come back as a list. */
export class RoomState {
  readonly id: string;
  readonly participants = new Map<string, RemoteParticipant>();
  readonly streams = new Map<string, RemoteStream>();
  /** Streams of our own, as the room knows them. */
  readonly own = new Map<string, StreamInfo>();
  readonly recordings: Recordings;
  readonly #self: string;

  constructor(self: string, snapshot: RoomSnapshot, recordings = new Recordings(() => Promise.resolve())) {
    this.id = snapshot.id;
    this.#self = self;
    this.recordings = recordings;
    this.replace(snapshot);
  }

  /** The room as a whole: what differs from what is known comes back as ordinary changes. */
  replace(snapshot: RoomSnapshot): RoomChange[] {
    const streams = new Set<string>(snapshot.streams.map(({ id }) => id));
    const participants = new Set<string>(snapshot.participants.map(({ id }) => id));
    const known = [...this.streams.keys(), ...this.own.keys()];
    return [
      ...known.filter((id) => !streams.has(id)).flatMap((id) => this.#removeStream(id)),
      ...[...this.participants.keys()]
        .filter((id) => !participants.has(id))
        .flatMap((id) => this.#leave(id, 'disconnected')),
      ...snapshot.participants.flatMap((info) => this.#join(info)),
      ...snapshot.streams.flatMap((info) => this.#setStream(info)),
      ...this.recordings.replace(snapshot.recordings),
    ];
  }

  participant(payload: NotificationPayload<'participant'>): RoomChange[] {
    switch (payload.action) {
      case 'join':
        return this.#join(payload.data);
      case 'connection':
        return this.#setConnection(payload.data, payload.connection);
      case 'leave':
        return this.#leave(payload.data, payload.reason);
    }
  }

  stream(payload: NotificationPayload<'stream'>): RoomChange[] {
    switch (payload.status) {
      case 'add':
        return this.#setStream(payload.data);
      case 'remove':
        return this.#removeStream(payload.id, payload.reason);
      case 'update': {
        const before = this.own.get(payload.id) ?? this.streams.get(payload.id)?.info;
        const by = 'by' in payload.data ? payload.data.by : undefined;
        return before === undefined ? [] : this.#setStream(updateStream(before, payload.data), by);
      }
    }
  }

  #join(info: RoomSnapshot['participants'][number]): RoomChange[] {
    if (info.id === this.#self) return [];
    if (this.participants.has(info.id)) return this.#setConnection(info.id, info.connection ?? 'ok');
    const participant = new RemoteParticipant(info);
    this.participants.set(info.id, participant);
    return [{ name: 'participantJoined', event: { participant } }];
  }

  #setConnection(id: string, connection: ParticipantConnection): RoomChange[] {
    const participant = this.participants.get(id);
    if (participant?.setConnection(connection) !== true) return [];
    return [{ name: 'participantUpdated', event: { participant, change: 'connection' } }];
  }

  #leave(id: string, reason: ConferenceEvents['participantLeft']['reason']): RoomChange[] {
    const participant = this.participants.get(id);
    if (participant === undefined) return [];
    this.participants.delete(id);
    return [{ name: 'participantLeft', event: { participant, reason } }];
  }

  #setStream(info: StreamInfo, by?: string): RoomChange[] {
    if (info.type === 'forward' && info.info.owner === this.#self) return this.#setOwn(info, by);
    const stream = this.streams.get(info.id);
    if (stream === undefined) {
      const added = streamOf(info);
      this.streams.set(info.id, added);
      return [{ name: 'streamAdded', event: { stream: added } }];
    }
    const found = differences(stream.info, info);
    stream.info = info;
    return found.map((difference) => ({
      name: 'streamUpdated',
      event: { stream, ...difference, ...(by !== undefined && { by }) },
    }));
  }

  #setOwn(info: StreamInfo, by?: string): RoomChange[] {
    const before = this.own.get(info.id);
    this.own.set(info.id, info);
    const changes: RoomChange[] = [];
    for (const { type: kind, status } of info.media.tracks) {
      if (before !== undefined && statusOf(before, kind) === status) continue;
      const muted = status === 'inactive';
      changes.push({ name: 'ownTrack', id: info.id, kind, muted, ...(by !== undefined && { by }) });
    }
    const views = viewsOf(info);
    if (before === undefined || viewsOf(before).join() !== views.join()) {
      changes.push({ name: 'ownViews', id: info.id, views });
    }
    return changes;
  }

  #removeStream(id: string, reason?: SessionEndReason): RoomChange[] {
    const why = reason === undefined ? {} : { reason };
    if (this.own.delete(id)) return [{ name: 'ownStreamRemoved', id, ...why }];
    const stream = this.streams.get(id);
    if (stream === undefined) return [];
    this.streams.delete(id);
    return [{ name: 'streamRemoved', event: { stream, ...why } }];
  }
}
