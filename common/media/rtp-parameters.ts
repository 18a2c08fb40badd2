import type { types } from 'mediasoup';
import { PorticoError } from '../contract/errors.ts';
import type { Kind } from '../contract/media.ts';
import { cleanEncodings } from './rtp-encodings.ts';
import { cleanFeedback, cleanParameters } from './rtp-codec-fields.ts';
import { routerRtpCapabilities } from './codecs.ts';

/*
 * RTP parameters of clients before they reach the engine. mediasoup checks types but trusts meaning: some combinations
 * abort its worker, some leave its message builder broken, and codec parameters and msid of a producer end up in the
 * SDP of other people's browsers. So every object is rebuilt from what is known, and the rest is left out.
 */

const bad = (field: string, why: string) =>
  new PorticoError('rtp_invalid', `rtpParameters.${field} ${why}`, { field: `rtpParameters.${field}` });

const isRtx = (codec: { mimeType: string }) => codec.mimeType.toLowerCase().endsWith('/rtx');

/** The media codec and its retransmission codec; other codecs that the client may have listed are never used. */
function cleanCodecs(kind: Kind, codecs: types.RtpCodecParameters[]): types.RtpCodecParameters[] {
  const media = codecs[0];
  if (media === undefined || isRtx(media)) throw bad('codecs[0]', 'must be a media codec');
  if (!media.mimeType.toLowerCase().startsWith(`${kind}/`)) {
    throw bad('codecs[0].mimeType', `is not a codec for ${kind}`);
  }
  const rtx = codecs.find((codec) => isRtx(codec) && codec.parameters?.apt === media.payloadType);
  if (rtx?.payloadType === media.payloadType) throw bad('codecs', 'use a payload type twice');
  return [media, ...(rtx === undefined ? [] : [rtx])].map((codec) => ({
    mimeType: codec.mimeType,
    payloadType: codec.payloadType,
    clockRate: codec.clockRate,
    ...(codec.channels === undefined ? {} : { channels: codec.channels }),
    parameters: cleanParameters(codec.parameters, 'rtpParameters.codecs'),
    rtcpFeedback: cleanFeedback(codec.rtcpFeedback),
  }));
}

const knownExtensions = new Set(routerRtpCapabilities.headerExtensions?.map((extension) => extension.uri));

/** One id per extension and one extension per id, within the one-byte header form (RFC 8285). */
function cleanExtensions(
  extensions: types.RtpHeaderExtensionParameters[],
): types.RtpHeaderExtensionParameters[] {
  const ids = new Set<number>();
  const uris = new Set<string>();
  return extensions.map(({ uri, id }, index) => {
    const field = `headerExtensions[${index}]`;
    if (!knownExtensions.has(uri)) throw bad(`${field}.uri`, 'is not offered by the router');
    if (id < 1 || id > 14) throw bad(`${field}.id`, 'must be 1 to 14');
    if (ids.has(id) || uris.has(uri)) throw bad(field, 'repeats an earlier one');
    ids.add(id);
    uris.add(uri);
    return { uri, id, encrypt: false, parameters: {} };
  });
}

const midPattern = /^[\x21-\x7e]{1,32}$/;

/**
 * RTP parameters that are safe to produce with.
 * @param msid what receivers see as `a=msid`; the client's own is not passed on
 * @throws PorticoError `rtp_invalid` with the field
 */
export function producerParameters(
  kind: Kind,
  given: types.RtpParameters,
  msid: string,
): types.RtpParameters {
  const codecs = cleanCodecs(kind, given.codecs);
  const encodings = cleanEncodings(kind, codecs, given.encodings ?? []);
  const { mid } = given;
  if (mid !== undefined && mid !== '' && !midPattern.test(mid)) throw bad('mid', 'must be printable ASCII');
  return {
    ...(mid === undefined || mid === '' ? {} : { mid }),
    codecs,
    headerExtensions: cleanExtensions(given.headerExtensions ?? []),
    encodings,
    // The engine gives all producers of a transport one cname: they come from one clock.
    rtcp: { reducedSize: true },
    msid,
  };
}

/** RTP capabilities of a client, reduced to what the engine compares. */
export function consumerCapabilities(given: types.RtpCapabilities): types.RtpCapabilities {
  const codecs = (given.codecs ?? []).map((codec) => ({
    kind: codec.kind,
    mimeType: codec.mimeType,
    preferredPayloadType: codec.preferredPayloadType,
    clockRate: codec.clockRate,
    ...(codec.channels === undefined ? {} : { channels: codec.channels }),
    parameters: cleanParameters(codec.parameters, 'rtpCapabilities.codecs'),
    rtcpFeedback: cleanFeedback(codec.rtcpFeedback),
  }));
  const headerExtensions = (given.headerExtensions ?? [])
    .filter((extension) => knownExtensions.has(extension.uri))
    // The engine wants a kind here, which is optional on the wire, and then compares only the other two.
    .map(({ uri, preferredId }) => ({ kind: 'video' as const, uri, preferredId, preferredEncrypt: false }));
  return { codecs, headerExtensions };
}
