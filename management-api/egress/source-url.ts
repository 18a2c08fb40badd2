import { PorticoError } from '../../common/contract/errors.ts';
import type { IngressSpec } from '../../common/contract/ingress.ts';

/** Schemes that streams are fetched with. */
const schemes: readonly string[] = ['rtsp', 'rtsps', 'rtmp', 'rtmps', 'srt', 'http', 'https', 'file'];

const refuse = (field: string, sentence: string): PorticoError =>
  new PorticoError('bad_request', sentence, { field });

/**
 * Checks what a stream is to be fetched from, as far as it can be from here; the agent knows which hosts and folders are
 * allowed.
 *
 * @throws PorticoError `bad_request`; `field` is `connection.url` or `media`
 */
export function checkSource(url: string, { audio, video }: Pick<IngressSpec, 'audio' | 'video'>): void {
  const scheme = URL.canParse(url) ? new URL(url).protocol.slice(0, -1) : '';
  if (!schemes.includes(scheme)) {
    throw refuse(
      'connection.url',
      `must be a URL that begins with ${schemes.map((s) => `${s}://`).join(', ')}`,
    );
  }
  if (scheme !== 'file' && new URL(url).hostname === '') {
    throw refuse('connection.url', `must name a host, e.g. ${scheme}://camera.example.com/live`);
  }
  if (audio === false && video === false) {
    throw refuse('media', 'either audio or video must be taken');
  }
}
