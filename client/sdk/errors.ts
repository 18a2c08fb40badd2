import { errorCodes } from '../../common/contract/errors.ts';
import type { ErrorCode } from '../../common/contract/errors.ts';

/** Codes of the server's closed list, and those that only a client knows. */
export type ClientErrorCode =
  | ErrorCode
  /** No connection to the server could be made. */
  | 'connect_failed'
  /** The connection is gone; the request may or may not have had an effect. */
  | 'disconnected'
  /** `join()` has not succeeded yet. */
  | 'not_joined'
  /** The conference, publication or subscription is over. */
  | 'ended'
  /** The browser could not do its part (no WebRTC, refused parameters). */
  | 'media_failed';

/** Every error of the SDK: a code of a closed list and a sentence. */
export class PorticoClientError extends Error {
  readonly code: ClientErrorCode;
  /** Which part of the request is wrong, or which codec is missing. */
  readonly field?: string;
  /** Milliseconds to wait before the same request can succeed. */
  readonly retryAfterMs?: number;

  constructor(
    code: ClientErrorCode,
    message: string,
    details: { field?: string; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PorticoClientError';
    this.code = code;
    if (details.field !== undefined) this.field = details.field;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
  }

  /** The same request may succeed a moment later. */
  get retryable(): boolean {
    if (this.code === 'disconnected') return true;
    return Object.hasOwn(errorCodes, this.code) && errorCodes[this.code as ErrorCode].retryable;
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Error of an answer `('error', wire)`: an object of our protocol, or OWT's plain sentence. */
export function errorFromWire(wire: unknown): PorticoClientError {
  if (typeof wire !== 'object' || wire === null) {
    return new PorticoClientError('internal', textOf(wire) ?? 'The server refused without a reason.');
  }
  const { code, message, field, retryAfterMs } = wire as Record<string, unknown>;
  const known =
    typeof code === 'string' && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'internal';
  const details: { field?: string; retryAfterMs?: number } = {};
  if (typeof field === 'string') details.field = field;
  if (typeof retryAfterMs === 'number') details.retryAfterMs = retryAfterMs;
  return new PorticoClientError(known, textOf(message) ?? known, details);
}

/** Anything thrown as an error of the SDK; what is not one came from the browser's media functions. */
export function toClientError(error: unknown): PorticoClientError {
  if (error instanceof PorticoClientError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new PorticoClientError('media_failed', text, { cause: error });
}
