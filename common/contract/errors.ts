/**
 * The closed list of error codes. `http` is the status of the REST API, `owt` the number that OWT clients know
 * (OWT management API, section "errors"), `retryable` says that the same request may succeed a moment later.
 */
export const errorCodes = {
  bad_request: {
    http: 400,
    owt: 1201,
    retryable: false,
    text: 'The request is malformed; `field` names the part.',
  },
  illegal_request: {
    http: 401,
    owt: 1101,
    retryable: false,
    text: 'The request needs a joined participant.',
  },
  already_joined: { http: 409, owt: 1201, retryable: false, text: 'This connection has already logged in.' },
  login_timeout: { http: 401, owt: 1101, retryable: false, text: 'No login arrived in time.' },
  token_malformed: { http: 401, owt: 1101, retryable: false, text: 'The token cannot be read.' },
  token_signature: {
    http: 401,
    owt: 1101,
    retryable: false,
    text: 'The signature of the token does not match.',
  },
  token_altered: {
    http: 401,
    owt: 1101,
    retryable: false,
    text: 'The envelope differs from the signed claims.',
  },
  token_expired: { http: 401, owt: 1101, retryable: false, text: 'The token has expired.' },
  token_used: { http: 401, owt: 1101, retryable: false, text: 'The token was used before; each joins once.' },
  token_revoked: { http: 401, owt: 1101, retryable: false, text: 'The token was revoked.' },
  token_wrong_room: { http: 403, owt: 1102, retryable: false, text: 'The token is for another room.' },
  ticket_malformed: {
    http: 401,
    owt: 1101,
    retryable: false,
    text: 'The reconnection ticket cannot be read.',
  },
  ticket_signature: {
    http: 401,
    owt: 1101,
    retryable: false,
    text: 'The signature of the reconnection ticket does not match.',
  },
  ticket_foreign: {
    http: 401,
    owt: 1101,
    retryable: false,
    text: 'The reconnection ticket was issued by another deployment.',
  },
  ticket_expired: { http: 401, owt: 1101, retryable: false, text: 'The reconnection ticket has expired.' },
  ticket_used: {
    http: 401,
    owt: 1101,
    retryable: false,
    text: 'A newer reconnection ticket was used since.',
  },
  ticket_revoked: {
    http: 401,
    owt: 1101,
    retryable: false,
    text: 'The participant left or was removed: it cannot come back with a ticket.',
  },
  forbidden: {
    http: 403,
    owt: 1102,
    retryable: false,
    text: 'The role of the participant does not permit this.',
  },
  role_unknown: { http: 403, owt: 1102, retryable: false, text: 'The room does not define this role.' },
  unauthorized: {
    http: 401,
    owt: 1101,
    retryable: false,
    text: 'The request is not signed by a service that this server knows.',
  },
  service_not_found: { http: 404, owt: 1002, retryable: false, text: 'No such service.' },
  service_exists: {
    http: 409,
    owt: 1201,
    retryable: false,
    text: 'A service with this name exists already.',
  },
  not_found: { http: 404, owt: 1001, retryable: false, text: 'No such thing.' },
  room_exists: { http: 409, owt: 1201, retryable: false, text: 'A room with this id exists already.' },
  changed_meanwhile: {
    http: 412,
    owt: 1201,
    retryable: false,
    text: 'The room was changed since; read it again (`If-Match`).',
  },
  idempotency_conflict: {
    http: 409,
    owt: 1201,
    retryable: false,
    text: 'The `Idempotency-Key` was used for another request.',
  },
  room_not_found: { http: 404, owt: 1003, retryable: false, text: 'No such room.' },
  room_full: { http: 409, owt: 1301, retryable: false, text: 'The room has reached its participant limit.' },
  room_closed: { http: 409, owt: 1003, retryable: false, text: 'The room was closed.' },
  too_many_inputs: { http: 409, owt: 1301, retryable: false, text: 'The room has reached its input limit.' },
  participant_not_found: { http: 404, owt: 1005, retryable: false, text: 'No such participant in the room.' },
  stream_not_found: { http: 404, owt: 1004, retryable: false, text: 'No such stream in the room.' },
  stream_exists: { http: 409, owt: 1301, retryable: false, text: 'A stream with this id exists already.' },
  stream_interrupted: {
    http: 409,
    owt: 1004,
    retryable: true,
    text: 'The stream lost its agent and is about to be published again.',
  },
  track_not_found: { http: 404, owt: 1004, retryable: false, text: 'No such track.' },
  subscription_not_found: {
    http: 404,
    owt: 1001,
    retryable: false,
    text: 'No such subscription of this participant.',
  },
  subscription_exists: {
    http: 409,
    owt: 1301,
    retryable: false,
    text: 'A subscription with this id exists already.',
  },
  egress_not_found: {
    http: 404,
    owt: 1001,
    retryable: false,
    text: 'No such recording or live stream in the room, or it is over.',
  },
  transport_not_found: {
    http: 404,
    owt: 1001,
    retryable: false,
    text: 'No such transport of this participant.',
  },
  grant_missing: {
    http: 403,
    owt: 1102,
    retryable: false,
    text: 'Nothing permits this session on the agent.',
  },
  codec_unsupported: {
    http: 415,
    owt: 1301,
    retryable: false,
    text: 'No common codec; `field` names the codec.',
  },
  rtp_invalid: {
    http: 400,
    owt: 1201,
    retryable: false,
    text: 'The RTP, DTLS or ICE parameters are invalid.',
  },
  own_stream: { http: 400, owt: 1201, retryable: false, text: 'A participant cannot subscribe to itself.' },
  not_supported: { http: 501, owt: 1301, retryable: false, text: 'This server does not offer that.' },
  too_large: { http: 413, owt: 1201, retryable: false, text: 'The message exceeds the size limit.' },
  rate_limited: { http: 429, owt: 1301, retryable: true, text: 'Too many requests; wait `retryAfterMs`.' },
  resource_exhausted: { http: 503, owt: 1301, retryable: true, text: 'The agents have no room left.' },
  unavailable: { http: 503, owt: 1301, retryable: true, text: 'Nobody serves this address right now.' },
  timeout: { http: 504, owt: 1301, retryable: true, text: 'No answer within the deadline.' },
  source_failed: {
    http: 502,
    owt: 1301,
    retryable: false,
    text: 'The source of a stream could not be fetched; the message has its words.',
  },
  connection_lost: {
    http: 503,
    owt: 1301,
    retryable: true,
    text: 'The bus connection broke during the call.',
  },
  taken: { http: 409, owt: 1301, retryable: true, text: 'Another process owns this address.' },
  stale_owner: { http: 409, owt: 1301, retryable: true, text: 'The caller no longer owns the room.' },
  worker_lost: { http: 503, owt: 1301, retryable: true, text: 'The media worker died or did not answer.' },
  closing: { http: 503, owt: 1301, retryable: true, text: 'The process is shutting down.' },
  unknown_method: { http: 501, owt: 1301, retryable: false, text: 'The address does not offer this method.' },
  internal: { http: 500, owt: 1301, retryable: false, text: 'An unexpected failure; the log has the cause.' },
} as const satisfies Record<string, { http: number; owt: number; retryable: boolean; text: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** Extra facts of an error that clients may rely on. */
export interface ErrorDetails {
  /** Path of the offending input, e.g. `media.tracks[0].source`. */
  field?: string;
  /** Milliseconds to wait before the same request can succeed. */
  retryAfterMs?: number;
}

/** An error as it crosses the bus and the socket. */
export interface WireError extends ErrorDetails {
  code: ErrorCode;
  message: string;
}

/** The only error class of the product: a code of the closed list, a sentence, and where it happened. */
export class PorticoError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PorticoError';
    this.code = code;
    this.details = details;
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }

  toWire(): WireError {
    return { code: this.code, message: this.message, ...this.details };
  }

  /** Rebuilds an error that another process sent; an unknown code becomes `internal`. */
  static fromWire(wire: {
    code: string;
    message: string;
    field?: unknown;
    retryAfterMs?: unknown;
  }): PorticoError {
    const details: ErrorDetails = {};
    if (typeof wire.field === 'string') details.field = wire.field;
    if (typeof wire.retryAfterMs === 'number') details.retryAfterMs = wire.retryAfterMs;
    const code = Object.hasOwn(errorCodes, wire.code) ? (wire.code as ErrorCode) : 'internal';
    return new PorticoError(code, wire.message, details);
  }

  /** Anything thrown becomes a PorticoError; what is not one of ours is `internal` and leaks no text. */
  static from(error: unknown): PorticoError {
    if (error instanceof PorticoError) return error;
    return new PorticoError('internal', 'An unexpected failure happened.', {}, { cause: error });
  }
}
