import type { Bus } from '../common/bus/bus.ts';
import type { Notification } from '../common/contract/client.ts';
import { memberAddress, type MemberId, type ParticipantId, type RoomId } from '../common/contract/ids.ts';
import type { Logger } from '../common/observe/log.ts';

/** Whom a hint is for. */
export interface HintTarget {
  readonly room: { readonly id: RoomId };
  readonly participant: ParticipantId;
  readonly portal: MemberId;
}

/** Transient news for one participant, straight to its portal. What gets lost is made up for by the next one. */
export class Hints {
  readonly #bus: Bus;
  readonly #log: Logger;

  constructor(bus: Bus, log: Logger) {
    this.#bus = bus;
    this.#log = log;
  }

  send({ room, participant, portal }: HintTarget, event: Notification): void {
    this.#bus
      .send(memberAddress(portal), 'participant.hint', { room: room.id, participant, event })
      .catch((error: unknown) => {
        this.#log.debug({ err: error, room: room.id, participant, portal }, 'hint not delivered');
      });
  }
}
