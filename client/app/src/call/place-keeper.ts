import type { Conference } from '../../../sdk/index.ts';
import type { LocalMedia } from '../media/local-media.ts';
import { forgetPlace, keepPlace } from './place.ts';
import type { Place } from './place.ts';

/** Keeps what a reload needs current: the newest ticket, and what is switched on. */
export class PlaceKeeper {
  readonly #conference: Conference;
  readonly #media: LocalMedia;
  readonly #since: number;
  #participant = '';
  #place: Place | undefined;

  /** @param since when the call was joined, ms since 1970 */
  constructor(conference: Conference, media: LocalMedia, since: number) {
    this.#conference = conference;
    this.#media = media;
    this.#since = since;
    const stopListening = media.subscribe(() => {
      if (this.#place) this.#keep(this.#place.ticket);
    });
    conference.on('ticket', ({ ticket }) => {
      this.#keep(ticket);
    });
    conference.on('closed', () => {
      stopListening();
      if (this.#place) forgetPlace(this.#place.room);
    });
  }

  /** Id of the participant whose place it is. */
  get participant(): string {
    return this.#participant;
  }

  get place(): Place | undefined {
    return this.#place;
  }

  #keep(ticket: string): void {
    const { room, self } = this.#conference;
    const { mic, camera } = this.#media.snapshot.on;
    this.#participant = self.id;
    this.#place = { room, ticket, user: self.user, role: self.role, mic, camera, since: this.#since };
    keepPlace(this.#place);
  }
}
