import type { Attributes, ParticipantConnection } from './types.ts';

/** Somebody else in the room. */
export class RemoteParticipant {
  readonly id: string;
  readonly user: string;
  readonly role: string;
  readonly attributes: Attributes;
  #connection: ParticipantConnection;

  /** @internal */
  constructor(info: {
    id: string;
    user: string;
    role: string;
    attributes?: Attributes | undefined;
    connection?: ParticipantConnection | undefined;
  }) {
    this.id = info.id;
    this.user = info.user;
    this.role = info.role;
    this.attributes = info.attributes ?? {};
    this.#connection = info.connection ?? 'ok';
  }

  /** `lost`: its connection to the server broke. It may come back; what it sends may go on meanwhile. */
  get connection(): ParticipantConnection {
    return this.#connection;
  }

  /** @internal Returns whether that is a change. */
  setConnection(connection: ParticipantConnection): boolean {
    const changed = connection !== this.#connection;
    this.#connection = connection;
    return changed;
  }
}
