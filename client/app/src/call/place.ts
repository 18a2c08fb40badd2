/** What this tab needs to come back to its call as the same person after a reload. */
export interface Place {
  room: string;
  /** The newest reconnection ticket; good for this person only. */
  ticket: string;
  user: string;
  role: string;
  /** What was switched on. */
  mic: boolean;
  camera: boolean;
  /** When the call was joined, ms since 1970. */
  since: number;
}

const keyOf = (room: string): string => `portico.place.${room}`;

const isPlace = (value: unknown): value is Place => {
  if (typeof value !== 'object' || value === null) return false;
  const { room, ticket, user, role, mic, camera, since } = value as Record<string, unknown>;
  return (
    [room, ticket, user, role].every((text) => typeof text === 'string') &&
    [mic, camera].every((flag) => typeof flag === 'boolean') &&
    typeof since === 'number'
  );
};

/** Kept for this tab alone, and only as long as it is open. */
export const keepPlace = (place: Place): void => {
  try {
    sessionStorage.setItem(keyOf(place.room), JSON.stringify(place));
  } catch {
    // Without storage a reload joins anew.
  }
};

export const recallPlace = (room: string): Place | undefined => {
  try {
    const place: unknown = JSON.parse(sessionStorage.getItem(keyOf(room)) ?? 'null');
    return isPlace(place) ? place : undefined;
  } catch {
    return undefined;
  }
};

export const forgetPlace = (room: string): void => {
  try {
    sessionStorage.removeItem(keyOf(room));
  } catch {
    // Then there is nothing to forget.
  }
};
