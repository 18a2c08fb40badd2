import type { Cursor } from '../../common/contract/client.ts';
import { isAfter } from '../../common/contract/log.ts';

interface Issued {
  generation: number;
  /** An acknowledgement of something after this position was sent with the ticket in hand; undefined: any was. */
  after: Cursor | undefined;
}

/**
 * Notices when a client must have the ticket that it was sent last. Messages of a connection arrive in order, so
 * whoever acknowledges what was sent after the ticket has the ticket.
 */
export class TicketProof {
  #issued: Issued | undefined;

  /**
   * A ticket goes to the client.
   * @param after position of what was sent before it; undefined when nothing was, on this connection
   */
  issue(generation: number, after?: Cursor): void {
    this.#issued = { generation, after };
  }

  /** The client has acknowledged this: the generation that this proves, told once. */
  by(cursor: Cursor): number | undefined {
    const issued = this.#issued;
    if (issued === undefined || (issued.after !== undefined && !isAfter(cursor, issued.after)))
      return undefined;
    this.#issued = undefined;
    return issued.generation;
  }
}
