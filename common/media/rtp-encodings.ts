import { randomInt } from 'node:crypto';
import type { types } from 'mediasoup';
import { PorticoError } from '../contract/errors.ts';
import type { Kind } from '../contract/media.ts';
import { codecName } from './codecs.ts';

/** More simulcast layers than any browser sends. */
const maxEncodings = 4;
const maxBitrateLimit = 1_000_000_000;
const ridPattern = /^[A-Za-z0-9_-]{1,16}$/;
/** Scalability modes of the WebRTC-SVC registry. */
const modePattern = /^[LS]([1-3])T([1-3])(?:h)?(?:_KEY(?:_SHIFT)?)?$/;

const bad = (index: number, field: string, why: string) => {
  const path = `rtpParameters.encodings[${index}]${field === '' ? '' : `.${field}`}`;
  return new PorticoError('rtp_invalid', `${path} ${why}`, { field: path });
};

const layered = new Set(['vp8', 'h264', 'vp9', 'av1']);
const spatiallyLayered = new Set(['vp9', 'av1']);
const simulcast = new Set(['vp8', 'h264']);

interface Mode {
  text: string;
  spatial: number;
  temporal: number;
}

function parseMode(codec: string, encoding: types.RtpEncodingParameters, index: number): Mode | undefined {
  const text = encoding.scalabilityMode;
  if (text === undefined || text === '' || !layered.has(codec)) return undefined;
  const match = modePattern.exec(text);
  if (match === null) throw bad(index, 'scalabilityMode', 'is not a known mode');
  const spatial = Number(match[1]);
  if (spatial > 1 && !spatiallyLayered.has(codec)) {
    throw bad(index, 'scalabilityMode', `asks for spatial layers, which ${codec} does not have`);
  }
  return { text, spatial, temporal: Number(match[2]) };
}

/**
 * One mode for all encodings. The engine takes the temporal layers of a consumer from the first encoding that names a
 * mode and then looks them up in every stream: unequal ones abort its worker.
 */
function commonMode(modes: (Mode | undefined)[]): string | undefined {
  const given = modes.filter((mode) => mode !== undefined);
  if (given.length === 0) return undefined;
  if (modes.length === 1) return given[0]?.text;
  const index = modes.findIndex((mode) => mode !== undefined && mode.spatial > 1);
  if (index >= 0) throw bad(index, 'scalabilityMode', 'mixes simulcast with spatial layers');
  return `L1T${Math.max(...given.map((mode) => mode.temporal))}`;
}

const positive = (value: number | undefined): number | undefined =>
  value === undefined || value === 0 ? undefined : value;

/** Not 0, and unknown to everybody. */
const secretSsrc = (): number => randomInt(1, 0xffffffff);

/**
 * An encoding is found by its SSRC or by its RID, never by both: with both the engine may see two streams for one
 * encoding, which aborts its worker. The SSRC is the exact one of the two. An encoding that has a RID gets an SSRC that
 * nobody knows, because the engine reads a missing one as 0 and a packet with SSRC 0 would be such a second stream.
 */
function cleanEncoding(encoding: types.RtpEncodingParameters, index: number): types.RtpEncodingParameters {
  const ssrc = positive(encoding.ssrc);
  const rtx = positive(encoding.rtx?.ssrc);
  const { rid, dtx } = encoding;
  if (rid !== undefined && rid !== '' && !ridPattern.test(rid)) {
    throw bad(index, 'rid', 'must be letters, digits, _ or -');
  }
  if (ssrc === undefined && (rid === undefined || rid === '')) throw bad(index, '', 'needs an ssrc or a rid');
  // A fraction here breaks the engine's message builder for good: BigInt() throws halfway through an object.
  const maxBitrate = Math.min(Math.floor(encoding.maxBitrate ?? 0), maxBitrateLimit);
  return {
    ...(ssrc === undefined ? { ssrc: secretSsrc(), ...(rid === undefined ? {} : { rid }) } : { ssrc }),
    ...(rtx === undefined || ssrc === undefined ? {} : { rtx: { ssrc: rtx } }),
    ...(dtx === true ? { dtx } : {}),
    ...(maxBitrate > 0 ? { maxBitrate } : {}),
  };
}

function checkDistinct(encodings: types.RtpEncodingParameters[]): void {
  const seen = new Set<string | number>();
  encodings.forEach((encoding, index) => {
    for (const [field, value] of [
      ['ssrc', encoding.ssrc],
      ['rtx.ssrc', encoding.rtx?.ssrc],
      ['rid', encoding.rid],
    ] as const) {
      if (value === undefined) continue;
      if (seen.has(value)) throw bad(index, field, 'is used twice');
      seen.add(value);
    }
  });
}

function checkSimulcast(kind: Kind, codec: string, encodings: types.RtpEncodingParameters[]): void {
  if (encodings.length <= 1) return;
  if (encodings.length > maxEncodings)
    throw bad(maxEncodings, '', `is one too many: at most ${maxEncodings}`);
  if (kind === 'audio' || !simulcast.has(codec))
    throw bad(1, '', `is not possible: no simulcast with ${codec}`);
}

/** Encodings that are safe to produce with: see above for what the engine does not survive. */
export function cleanEncodings(
  kind: Kind,
  codecs: types.RtpCodecParameters[],
  given: types.RtpEncodingParameters[],
): types.RtpEncodingParameters[] {
  const codec = codecName(codecs[0]?.mimeType ?? '').toLowerCase();
  const all = given.length === 0 ? [{}] : given;
  const encodings = all.map(cleanEncoding);
  checkSimulcast(kind, codec, encodings);
  checkDistinct(encodings);
  const mode = commonMode(all.map((encoding, index) => parseMode(codec, encoding, index)));
  return encodings.map((encoding) =>
    mode === undefined ? encoding : { ...encoding, scalabilityMode: mode },
  );
}
