import type { ManagedParticipant, RoomEvent } from '../../common/contract/management.ts';
import type { ForwardStreamInfo, StreamInfo } from '../../common/contract/media.ts';
import type { Presence } from '../store/store.ts';

/** Who and what is in a room, as its owner reports it. */
export interface Picture {
  readonly participants: readonly ManagedParticipant[];
  readonly streams: readonly StreamInfo[];
}

/**
 * What applications must be told before the new events of a report, so that all they were told adds up to what the owner
 * sees: an owner that died may not have got its last events through.
 * @param told as far as applications know
 * @param picture of the room, before or after the events of the report
 * @param events of the report; `fresh`: how many of them, the last ones, are new
 */
export function missing(
  told: Presence,
  picture: Picture,
  { events, fresh }: { events: readonly RoomEvent[]; fresh: number },
): RoomEvent[] {
  // A report that is repeated has grown since, but its picture may be the old one: so both ways from its beginning.
  const now = withEvents(beforeEvents(picture, events), events.slice(0, events.length - fresh));
  if (!now.running) return told.running ? [...difference(told, now), { type: 'room_ended' }] : [];
  return told.running ? difference(told, now) : [{ type: 'room_started' }, ...difference(nobody, now)];
}

interface Room {
  running: boolean;
  participants: Map<string, ManagedParticipant>;
  streams: Map<string, StreamInfo>;
}

/** Mixed streams are there as long as the room: nobody waits to be told of them. */
const isForward = (stream: StreamInfo): stream is ForwardStreamInfo => stream.type === 'forward';

const nobody: Presence = { running: false, participants: new Map(), streams: new Map() };

/** The room as it was before events. Those that the picture does not hold yet, or any more, change nothing. */
function beforeEvents(picture: Picture, events: readonly RoomEvent[]): Room {
  const participants = new Map(
    picture.participants.map((participant) => [String(participant.id), participant]),
  );
  const streams = new Map(picture.streams.map((stream) => [String(stream.id), stream]));
  for (const event of [...events].reverse()) {
    if (event.type === 'participant_joined') participants.delete(event.participant.id);
    if (event.type === 'participant_left') participants.set(event.participant.id, event.participant);
    if (event.type === 'stream_added') streams.delete(event.stream.id);
    if (event.type === 'stream_removed') streams.set(event.stream.id, event.stream);
  }
  const turn = events.find(({ type }) => type === 'room_started' || type === 'room_ended');
  return { running: turn?.type !== 'room_started', participants, streams };
}

function withEvents(room: Room, events: readonly RoomEvent[]): Room {
  for (const event of events) {
    if (event.type === 'room_started') room.running = true;
    if (event.type === 'room_ended') room.running = false;
    if (event.type === 'participant_joined') room.participants.set(event.participant.id, event.participant);
    if (event.type === 'participant_left') room.participants.delete(event.participant.id);
    if (event.type === 'stream_added') room.streams.set(event.stream.id, event.stream);
    if (event.type === 'stream_removed') room.streams.delete(event.stream.id);
  }
  return room;
}

/** Streams end before their participants leave, and begin after they joined. */
function difference(from: Presence, to: Presence): RoomEvent[] {
  const gone = absent(from.participants, to.participants);
  const leavers = new Set<string>(gone.map(({ id }) => id));
  return [
    ...absent(from.streams, to.streams)
      .filter(isForward)
      .map((stream): RoomEvent => {
        const reason = leavers.has(stream.info.owner) ? 'participant_left' : 'orphaned';
        return { type: 'stream_removed', stream, reason };
      }),
    // Why it went is known to nobody any more, only that it is not connected.
    ...gone.map((participant): RoomEvent => ({
      type: 'participant_left',
      participant,
      reason: 'disconnected',
    })),
    ...absent(to.participants, from.participants).map((participant): RoomEvent => ({
      type: 'participant_joined',
      participant,
    })),
    ...absent(to.streams, from.streams)
      .filter(isForward)
      .map((stream): RoomEvent => ({ type: 'stream_added', stream })),
  ];
}

/** What is in the first map and not in the second. */
function absent<T>(present: ReadonlyMap<string, T>, other: ReadonlyMap<string, unknown>): T[] {
  return [...present].filter(([id]) => !other.has(id)).map(([, value]) => value);
}
