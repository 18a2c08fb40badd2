import type { Kind } from '../../common/contract/media.ts';
import type { Participant, ParticipantPatch } from '../schemas/participants.ts';
import type { Stream11, StreamPatch } from '../schemas/streams.ts';
import type { Transport } from './transport.ts';

/** What is to change of what a participant may do; what is not named stays. */
export interface PermissionChanges {
  publish?: { audio?: boolean; video?: boolean };
  subscribe?: { audio?: boolean; video?: boolean };
}

function patchOf(changes: PermissionChanges): ParticipantPatch {
  const patch: ParticipantPatch = [];
  for (const action of ['publish', 'subscribe'] as const) {
    for (const kind of ['audio', 'video'] as const) {
      const value = changes[action]?.[kind];
      if (value !== undefined) patch.push({ op: 'replace', path: `/permission/${action}/${kind}`, value });
    }
  }
  return patch;
}

/** Participants of a room that runs. */
export class AdminParticipants {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Everybody in the room; nobody while it does not run. */
  async list(room: string): Promise<Participant[]> {
    const path = ['v1.1', 'rooms', room, 'participants'];
    return (await this.#transport.json<Participant[]>({ method: 'GET', path })).data;
  }

  /** @throws PorticoAdminError `participant_not_found` */
  async get(room: string, participant: string): Promise<Participant> {
    const path = ['v1.1', 'rooms', room, 'participants', participant];
    return (await this.#transport.json<Participant>({ method: 'GET', path })).data;
  }

  /** Changes what it may do, at once. */
  async permit(room: string, participant: string, changes: PermissionChanges): Promise<Participant> {
    const path = ['v1.1', 'rooms', room, 'participants', participant];
    const request = { method: 'PATCH', path, body: patchOf(changes) } as const;
    return (await this.#transport.json<Participant>(request)).data;
  }

  /** Removes it from the room. */
  async drop(room: string, participant: string): Promise<void> {
    const path = ['v1.1', 'rooms', room, 'participants', participant];
    await this.#transport.done({ method: 'DELETE', path });
  }
}

const kindsOf = ({ media }: Stream11): Kind[] =>
  (['audio', 'video'] as const).filter((kind) => media[kind] !== false);

/** Streams of a room that runs. */
export class AdminStreams {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async list(room: string): Promise<Stream11[]> {
    const path = ['v1.1', 'rooms', room, 'streams'];
    return (await this.#transport.json<Stream11[]>({ method: 'GET', path })).data;
  }

  /** @throws PorticoAdminError `stream_not_found` */
  async get(room: string, stream: string): Promise<Stream11> {
    const path = ['v1.1', 'rooms', room, 'streams', stream];
    return (await this.#transport.json<Stream11>({ method: 'GET', path })).data;
  }

  /** Silences it for everybody. @param kinds default: all that it has */
  async mute(room: string, stream: string, kinds?: readonly Kind[]): Promise<Stream11> {
    return await this.#setStatus(room, stream, kinds, 'inactive');
  }

  async unmute(room: string, stream: string, kinds?: readonly Kind[]): Promise<Stream11> {
    return await this.#setStatus(room, stream, kinds, 'active');
  }

  /** Ends it. */
  async end(room: string, stream: string): Promise<void> {
    await this.#transport.done({ method: 'DELETE', path: ['v1.1', 'rooms', room, 'streams', stream] });
  }

  async #setStatus(
    room: string,
    stream: string,
    wanted: readonly Kind[] | undefined,
    value: 'active' | 'inactive',
  ): Promise<Stream11> {
    const kinds = wanted ?? kindsOf(await this.get(room, stream));
    const path = ['v1.1', 'rooms', room, 'streams', stream];
    const body: StreamPatch = kinds.map((kind) => ({
      op: 'replace',
      path: `/media/${kind}/status` as const,
      value,
    }));
    return (await this.#transport.json<Stream11>({ method: 'PATCH', path, body })).data;
  }
}
