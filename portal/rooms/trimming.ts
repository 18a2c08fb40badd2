import { isAfter } from '../../common/contract/log.ts';
import type { RoomRecord } from './roster.ts';

/** Acknowledgements come in crowds: the tail of a room is looked at once for all of them, ms. */
const delayMs = 50;

/** Forgets what all participants of a room here have. */
export class Trimming {
  readonly #rooms = new Set<RoomRecord>();
  #timer: NodeJS.Timeout | undefined;

  soon(record: RoomRecord): void {
    if (record.feed.tail.size === 0) return;
    this.#rooms.add(record);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const room of this.#rooms) trim(room);
      this.#rooms.clear();
    }, delayMs).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#rooms.clear();
  }
}

/** Somebody on the way in may need what everybody else has. */
function trim({ attendees, joining, feed: { tail } }: RoomRecord): void {
  if (joining.size > 0) return;
  let smallest = tail.last;
  for (const { settled } of attendees.values()) if (isAfter(smallest, settled)) smallest = settled;
  tail.forget(smallest);
}
