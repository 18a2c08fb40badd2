import { errors } from 'mediasoup';
import { PorticoError } from '../contract/errors.ts';

/**
 * What the engine throws, in our codes: it answers bad parameters with TypeError, and conflicts of SSRC or MID with
 * plain Error; both are the caller's fault as long as the worker lives.
 */
export function asMediaError(error: unknown, what: string): PorticoError {
  if (error instanceof PorticoError) return error;
  if (error instanceof errors.WorkerClosedError) {
    return new PorticoError('worker_lost', `the media worker was lost during ${what}`, {}, { cause: error });
  }
  if (error instanceof errors.NotFoundError) {
    return new PorticoError('track_not_found', `${what}: it no longer exists here`, {}, { cause: error });
  }
  if (error instanceof errors.UnsupportedError) {
    return new PorticoError('codec_unsupported', `${what}: ${error.message}`, {}, { cause: error });
  }
  const text = error instanceof Error ? error.message : 'refused';
  return new PorticoError('rtp_invalid', `${what}: ${text}`, {}, { cause: error });
}
