type Message = { ask: string } | { give: string; ticket: string };

/** The other tab answers within this time, or is not there, ms. */
const answerMs = 500;

/**
 * The tabs of this browser that may hold the same person's place in a call: one that was opened as a copy of another
 * takes it over, and the first can take it back, with the newest ticket.
 */
export class Tabs {
  readonly #channel = new BroadcastChannel('portico.places');

  /** @param ticketOf the ticket of a participant, if this tab is the one that is in the call */
  constructor(ticketOf: (participant: string) => string | undefined) {
    this.#channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
      if (!('ask' in data)) return;
      const ticket = ticketOf(data.ask);
      if (ticket !== undefined) this.#post({ give: data.ask, ticket });
    });
  }

  /** Ticket of a participant who is in a call in another tab. */
  ask(participant: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const heard = ({ data }: MessageEvent<Message>): void => {
        if ('give' in data && data.give === participant) done(data.ticket);
      };
      const done = (ticket?: string): void => {
        clearTimeout(timer);
        this.#channel.removeEventListener('message', heard);
        resolve(ticket);
      };
      const timer = setTimeout(done, answerMs);
      this.#channel.addEventListener('message', heard);
      this.#post({ ask: participant });
    });
  }

  #post(message: Message): void {
    this.#channel.postMessage(message);
  }
}
