import type { RoomSnapshot, StreamUpdate } from '../../common/contract/client.ts';
import type { LogEntry } from '../../common/contract/log.ts';
import type { ParticipantId, StreamId } from '../../common/contract/ids.ts';
import type { ParticipantInfo, StreamInfo } from '../../common/contract/media.ts';
import { updateStream } from '../../common/room-log/stream-update.ts';

/**
 * A room as the OWT clients of this portal know it: OWT has no word for "the room is now like this", so a snapshot is
 * told to them as the events that lead there. One picture serves all of them, as all are told the same.
 */
export class RoomPicture {
  readonly #participants: Map<ParticipantId, ParticipantInfo>;
  readonly #streams: Map<StreamId, StreamInfo>;

  constructor({ participants, streams }: Pick<RoomSnapshot, 'participants' | 'streams'>) {
    this.#participants = new Map(participants.map((info) => [info.id, info]));
    this.#streams = new Map(streams.map((info) => [info.id, info]));
  }

  /** Something was told. */
  apply({ name, data }: LogEntry['event']): void {
    if (name === 'participant') {
      if (data.action === 'join') this.#participants.set(data.data.id, data.data);
      if (data.action === 'leave') this.#participants.delete(data.data);
    } else if (name === 'stream') {
      if (data.status === 'add') this.#streams.set(data.id, data.data);
      else if (data.status === 'remove') this.#streams.delete(data.id);
      else this.#update(data.id, data.data);
    }
  }

  /** The events that lead from what is known to this snapshot, which is what is known from now on. */
  become({ participants, streams }: Pick<RoomSnapshot, 'participants' | 'streams'>): LogEntry['event'][] {
    const events: LogEntry['event'][] = [];
    const ids = new Set(participants.map(({ id }) => id));
    const streamIds = new Set(streams.map(({ id }) => id));
    for (const id of this.#streams.keys()) {
      if (!streamIds.has(id)) events.push({ name: 'stream', data: { id, status: 'remove' } });
    }
    for (const id of this.#participants.keys()) {
      if (!ids.has(id)) {
        events.push({ name: 'participant', data: { action: 'leave', data: id, reason: 'left' } });
      }
    }
    for (const data of participants) {
      if (!this.#participants.has(data.id))
        events.push({ name: 'participant', data: { action: 'join', data } });
    }
    for (const info of streams) events.push(...this.#streamEvents(info));
    for (const event of events) this.apply(event);
    return events;
  }

  #streamEvents(info: StreamInfo): LogEntry['event'][] {
    const { id } = info;
    const known = this.#streams.get(id);
    if (known === undefined) return [{ name: 'stream', data: { id, status: 'add', data: info } }];
    if (JSON.stringify(comparable(known)) === JSON.stringify(comparable(info))) return [];
    return [{ name: 'stream', data: { id, status: 'update', data: { field: '.', value: info } } }];
  }

  /** One that is not known became so before this picture was taken, or is gone. */
  #update(id: StreamId, update: StreamUpdate): void {
    const info = this.#streams.get(id);
    if (info !== undefined) this.#streams.set(id, updateStream(info, update));
  }
}

/** What OWT clients are told of: the status of the stream itself is not. */
const comparable = ({ media, info, type }: StreamInfo) => [media, info, type];
