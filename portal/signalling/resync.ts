import type { ClientOutput, Cursor } from '../../common/contract/client.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { RequestLimit } from '../limits.ts';
import type { Attendee } from '../rooms/attendee.ts';
import type { CatchUp } from '../rooms/catch-up.ts';
import type { Delivery } from '../rooms/delivery.ts';

export interface ResyncOptions {
  catchUp: CatchUp;
  delivery: Delivery;
}

/** Sends a client once more what it says is missing. */
export class Resyncs {
  readonly #options: ResyncOptions;
  /** One small request may cause much traffic. */
  readonly #limit = new RequestLimit({ perSecond: 1, burst: 5 });

  constructor(options: ResyncOptions) {
    this.#options = options;
  }

  /**
   * @param answer tells the client; what it missed follows
   * @throws PorticoError `rate_limited`, or that the room does not answer
   */
  async resync(
    attendee: Attendee,
    cursor: Cursor,
    answer: (output: ClientOutput<'resync'>) => void,
  ): Promise<void> {
    const { catchUp, delivery } = this.#options;
    const { connection, record } = attendee;
    if (connection === undefined || record === undefined) throw gone();
    const refused = await this.#limit.take(connection.id);
    if (refused !== undefined) throw refused.error;
    attendee.suspend();
    try {
      const found = catchUp.since(attendee, cursor, record);
      const missed = found instanceof Promise ? await found : found;
      if (attendee.connection !== connection) throw gone();
      const { record: latest = record } = attendee;
      missed.apply(attendee);
      attendee.note(latest);
      answer({ resume: missed.resume });
    } finally {
      if (attendee.connection === connection) delivery.resume(attendee);
    }
  }

  async forget(connection: string): Promise<void> {
    await this.#limit.forget(connection);
  }
}

const gone = () => new PorticoError('illegal_request', 'the client is not connected any more');
