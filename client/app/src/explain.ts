/** Sentences for the codes a person may meet; the codes are the server's closed list. */
const sentences: Readonly<Record<string, string>> = {
  token_expired: 'This invitation has expired. Ask for a new link.',
  token_used: 'This invitation was used already; each one lets one person in once. Ask for a new link.',
  token_revoked: 'This invitation was withdrawn. Ask for a new link.',
  token_malformed: 'This invitation cannot be read. Check that it was copied completely.',
  token_signature: 'This invitation was not made for this server.',
  token_altered: 'This invitation was changed on its way. Ask for a new link.',
  token_wrong_room: 'This invitation is for another room.',
  ticket_malformed: 'Your place in this call could not be read. Join again.',
  ticket_signature: 'Your place in this call is not valid on this server any more. Join again.',
  ticket_foreign: 'Your place in this call belongs to another server. Join again.',
  ticket_expired: 'You were away for too long, so your place in this call was given up.',
  ticket_used: 'Somebody has taken your place in this call, perhaps you in another window.',
  ticket_revoked: 'You were away for too long, or removed, so your place in this call was given up.',
  role_unknown: 'This room does not have that role.',
  forbidden: 'Your role in this room does not allow that.',
  room_not_found: 'There is no room with this name.',
  room_full: 'This room is full right now. Try again when somebody has left.',
  room_closed: 'This room was closed.',
  too_many_inputs: 'There are already as many cameras and screens in this room as it allows.',
  codec_unsupported: 'Your browser cannot play the video format of this stream.',
  participant_not_found: 'This person has left already.',
  stream_not_found: 'This stream has ended already.',
  egress_not_found: 'This recording has ended already.',
  too_large: 'That is too long to be sent.',
  resource_exhausted: 'The server is at its limit right now. Try again in a few minutes.',
  unavailable: 'The server is not ready right now. Try again in a moment.',
  timeout: 'The server took too long to answer. Try again.',
  connection_lost: 'The connection to the server broke. Try again.',
  worker_lost: 'The server lost this stream. Try again.',
  connect_failed: 'The server cannot be reached. Check your connection and try again.',
  disconnected: 'The connection to the server broke. Try again.',
  media_failed: 'Your browser could not set up the call. Try again, or use another browser.',
  closing: 'The server is restarting. Try again in a moment.',
  not_supported: 'This server does not offer that.',
};

const fallback = 'Something went wrong. Try again; if it stays, tell whoever runs this server.';

/** Reads a property of anything that was thrown. */
const property = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && key in value ? Reflect.get(value, key) : undefined;

export const codeOf = (error: unknown): string | undefined => {
  const code = property(error, 'code');
  return typeof code === 'string' ? code : undefined;
};

/** One plain sentence for anything that was thrown: never a code, a stack or an English identifier. */
export const explain = (error: unknown): string => {
  const code = codeOf(error);
  if (code === 'rate_limited') {
    const wait = property(error, 'retryAfterMs');
    const seconds = typeof wait === 'number' ? Math.max(1, Math.ceil(wait / 1000)) : null;
    return seconds === null
      ? 'That was a little fast. Wait a moment and try again.'
      : `That was a little fast. Try again in ${String(seconds)} second${seconds === 1 ? '' : 's'}.`;
  }
  if (code !== undefined) return sentences[code] ?? fallback;
  return fallback;
};
