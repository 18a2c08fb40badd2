import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId, ParticipantId, RoomId } from '../../common/contract/ids.ts';
import type { LeaveReason } from '../../common/contract/reasons.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { RoomClient } from './room-client.ts';

export interface DeparturesOptions {
  rooms: Pick<RoomClient, 'call'>;
  portal: MemberId;
  log: Logger;
}

interface Leaver {
  room: RoomId;
  id: ParticipantId;
}

/** How long a room without owner is told that somebody left, ms; later its next owner finds out from the inventories. */
const persistMs = 30_000;

/** Tells rooms that participants are gone. */
export class Departures {
  readonly #options: DeparturesOptions;
  readonly #running = new Set<Promise<void>>();

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  /** Resolves when the room knows, or has not been reachable for long; never rejects. */
  report({ room, id }: Leaver, reason: LeaveReason, timeoutMs = persistMs): Promise<void> {
    const running = this.#report({ room, id }, reason, timeoutMs).finally(() =>
      this.#running.delete(running),
    );
    this.#running.add(running);
    return running;
  }

  /** Resolves when nothing is on its way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #report({ room, id }: Leaver, reason: LeaveReason, timeoutMs: number): Promise<void> {
    const { rooms, portal, log } = this.#options;
    const by = { participant: id, portal };
    try {
      await rooms.call(room, 'leave', { by, reason }, { timeoutMs });
    } catch (error) {
      const { code } = PorticoError.from(error);
      if (code === 'participant_not_found' || code === 'room_not_found') return;
      log.warn({ room, participant: id, reason, code }, 'leave not reported');
    }
  }
}
