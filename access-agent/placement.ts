/** A participant on a worker, as far as placement is concerned. */
export interface PlacedSeat {
  /** Tracks it receives. */
  consumers: number;
  /** Tracks it was granted to receive. */
  granted: number;
  /** Tracks it sends. */
  published: number;
  /** It has just arrived: what it will do is not known yet. */
  young: boolean;
}

/** A worker as seen by a room that needs a place for one more participant. */
export interface PlacedWorker {
  /** Tracks received by participants of other rooms. */
  otherConsumers: number;
  /** All participants on it; tells idle workers apart. */
  seats: number;
  /** Those of the room. */
  room: PlacedSeat[];
}

/** What a participant receives or will receive: newcomers are taken to want everything there is. */
function expected(seat: PlacedSeat, others: number, tracks: number): number {
  if (others === 0) return Math.max(seat.consumers, seat.granted);
  const guess = seat.young ? Math.max(tracks - seat.published, others) : 1;
  return Math.max(seat.consumers, seat.granted, guess);
}

const newcomer: PlacedSeat = { consumers: 0, granted: 0, published: 0, young: true };

/**
 * Worker for one more participant of a room: where the room already is, the fullest first (fewer streams cross), as
 * long as its consumers stay within the limit; else the least loaded worker.
 * @param limit consumers per worker
 * @returns index into `workers`; -1 when there are none
 */
export function placeSeat(workers: PlacedWorker[], limit: number): number {
  const seats = workers.flatMap((worker) => worker.room);
  const others = seats.length;
  const tracks = seats.reduce((sum, seat) => sum + seat.published, 0);
  const load = ({ otherConsumers, room }: PlacedWorker, extra: PlacedSeat[]) =>
    [...room, ...extra].reduce((sum, seat) => sum + expected(seat, others, tracks), otherConsumers);
  const ranked = workers.map((worker, index) => ({
    index,
    here: worker.room.length,
    now: load(worker, []),
    then: load(worker, [newcomer]),
    seats: worker.seats,
  }));
  const home = ranked
    .filter((worker) => worker.here > 0 && worker.then <= limit)
    .sort((a, b) => b.here - a.here || a.index - b.index)[0];
  const idle = ranked.toSorted((a, b) => a.now - b.now || a.seats - b.seats || a.index - b.index)[0];
  return (home ?? idle)?.index ?? -1;
}
