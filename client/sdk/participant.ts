import type { Attributes } from './types.ts';

/** Somebody else in the room. */
export class RemoteParticipant {
  readonly id: string;
  readonly user: string;
  readonly role: string;
  readonly attributes: Attributes;

  /** @internal */
  constructor(info: { id: string; user: string; role: string; attributes?: Attributes | undefined }) {
    this.id = info.id;
    this.user = info.user;
    this.role = info.role;
    this.attributes = info.attributes ?? {};
  }
}
