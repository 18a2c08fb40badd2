import { PorticoError } from '../../common/contract/errors.ts';
import type { EgressTarget, LiveProtocol } from '../../common/contract/egress.ts';
import type { StreamingOutCreation } from '../schemas/streaming-outs.ts';

type LiveTarget = Extract<EgressTarget, { type: 'live' }>;

const refuse = (field: string, sentence: string): PorticoError =>
  new PorticoError('bad_request', sentence, { field });

/** Schemes that a protocol is spoken with; the first one is named in errors. */
const schemes: Record<LiveProtocol, readonly string[]> = {
  rtmp: ['rtmp:', 'rtmps:'],
  rtsp: ['rtsp:', 'rtsps:'],
  srt: ['srt:'],
  hls: ['https:', 'http:'],
  dash: ['https:', 'http:'],
};

/** The protocol that a URL stands for (OWT 7.3). */
function guess({ protocol, pathname }: URL): LiveProtocol {
  for (const known of ['rtmp', 'rtsp', 'srt'] as const) if (schemes[known].includes(protocol)) return known;
  if (schemes.hls.includes(protocol)) {
    if (/\.m3u8$/i.test(pathname)) return 'hls';
    if (/\.mpd$/i.test(pathname)) return 'dash';
  }
  throw refuse(
    'protocol',
    'the protocol cannot be told from the URL: rtmp://, rtsp://, srt://, http(s)://….m3u8 or ….mpd; or name it',
  );
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text))
    throw refuse('url', 'must be an absolute URL, e.g. rtmp://live.example.com/app/key');
  const url = new URL(text);
  if (url.hostname === '') throw refuse('url', 'must name a host, e.g. rtmp://live.example.com/app/key');
  return url;
}

function protocolOf({ protocol, url: text }: StreamingOutCreation): LiveProtocol {
  if (text === undefined) {
    if (protocol === 'hls' || protocol === 'dash') return protocol;
    if (protocol === undefined)
      throw refuse('url', 'say where to send it; without a URL: protocol hls or dash');
    throw refuse('url', `${protocol} needs a URL to send to; only hls and dash are also served from here`);
  }
  const url = parseUrl(text);
  if (protocol === undefined) return guess(url);
  if (schemes[protocol].includes(url.protocol)) return protocol;
  throw refuse('url', `a URL for ${protocol} begins with ${schemes[protocol][0] ?? ''}//`);
}

type Parameters = NonNullable<StreamingOutCreation['parameters']>;

/** Which protocol a parameter belongs to. */
const owners: Record<keyof Parameters, readonly LiveProtocol[]> = {
  method: ['hls', 'dash'],
  hlsTime: ['hls'],
  hlsListSize: ['hls'],
  dashSegDuration: ['dash'],
  dashWindowSize: ['dash'],
};

function checkParameters(parameters: Parameters, protocol: LiveProtocol): void {
  for (const name of Object.keys(parameters) as (keyof Parameters)[]) {
    if (owners[name].includes(protocol)) continue;
    throw refuse(`parameters.${name}`, `'${name}' means nothing with ${protocol}`);
  }
}

/**
 * Where a live stream goes: the protocol guessed from the URL, OWT's defaults for segments (7.3).
 *
 * @throws PorticoError `bad_request`; `field` is `url`, `protocol` or `parameters.<name>`
 */
export function liveTarget(asked: StreamingOutCreation): LiveTarget {
  const { url, parameters = {} } = asked;
  const protocol = protocolOf(asked);
  checkParameters(parameters, protocol);
  const target: LiveTarget = { type: 'live', protocol, ...(url === undefined ? {} : { url }) };
  if (protocol !== 'hls' && protocol !== 'dash') return target;
  const { method, hlsTime, hlsListSize, dashSegDuration, dashWindowSize } = parameters;
  if (method !== undefined && url === undefined)
    throw refuse('parameters.method', 'is for URLs: without one the segments are served from here');
  return {
    ...target,
    ...(url === undefined ? {} : { method: method ?? 'PUT' }),
    segmentDuration: hlsTime ?? dashSegDuration ?? 2,
    segments: hlsListSize ?? dashWindowSize ?? 5,
  };
}
