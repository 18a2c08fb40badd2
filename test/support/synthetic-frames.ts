import fc from 'fast-check';
import type { VideoCodec } from '../../mixer-agent/mix/media.ts';

/** A frame whose headers are right and whose rest is anything. */
export interface SyntheticFrame {
  key: boolean;
  data: Buffer;
}

/** Bytes without the pattern of a start code, and not ending in 0: what emulation prevention makes of them. */
const safe = (body: Uint8Array): Buffer => Buffer.from(body.map((byte) => byte | 0x10));

const startCode = Buffer.from([0, 0, 0, 1]);
const sps = Buffer.from([0x67, 0x42, 0xe0, 0x1f, 0x8c, 0x8d, 0x40]);
const pps = Buffer.from([0x68, 0xce, 0x3c, 0x80]);

function obu(type: number, body: Uint8Array): Buffer {
  const size = [(body.length & 0x7f) | 0x80, ((body.length >> 7) & 0x7f) | 0x80, body.length >> 14];
  // The shortest form, as encoders write it.
  const leb128 =
    body.length < 0x80 ? [body.length] : body.length < 0x4000 ? [size[0]!, body.length >> 7] : size;
  return Buffer.concat([Buffer.from([(type << 3) | 2, ...leb128]), body]);
}

/** A frame of a codec: as in IVF, or an access unit in Annex B. */
export function syntheticFrame(codec: VideoCodec, key: boolean, body: Uint8Array): SyntheticFrame {
  switch (codec) {
    case 'vp8':
      return { key, data: Buffer.concat([Buffer.from([key ? 0x10 : 0x11]), body]) };
    case 'vp9':
      return { key, data: Buffer.concat([Buffer.from([key ? 0x82 : 0x86]), body]) };
    case 'h264': {
      const slice = Buffer.concat([Buffer.from([key ? 0x65 : 0x41, 0x88]), safe(body)]);
      const units = key ? [sps, pps, slice] : [slice];
      return { key, data: Buffer.concat(units.flatMap((unit) => [startCode, unit])) };
    }
    case 'av1': {
      const units = [
        obu(2, new Uint8Array(0)),
        ...(key ? [obu(1, Buffer.from([1, 2, 3]))] : []),
        obu(6, body),
      ];
      return { key, data: Buffer.concat(units) };
    }
  }
}

export const videoCodecs: readonly VideoCodec[] = ['vp8', 'vp9', 'h264', 'av1'];

/** What a frame is made of: little to print when a property fails. */
export interface FrameRecipe {
  key: boolean;
  length: number;
  seed: number;
}

export const cookFrame = (codec: VideoCodec, { key, length, seed }: FrameRecipe): SyntheticFrame =>
  syntheticFrame(
    codec,
    key,
    Uint8Array.from({ length }, (_none, index) => (index * 31 + seed) & 0xff),
  );

const recipe = fc.record({
  chance: fc.integer({ min: 0, max: 5 }),
  length: fc.integer({ min: 1, max: 4000 }),
  seed: fc.integer({ min: 0, max: 255 }),
});

/** Any frames, the first of them a key frame. */
export const frameRecipes = (maxLength: number): fc.Arbitrary<FrameRecipe[]> =>
  fc
    .array(recipe, { minLength: 1, maxLength })
    .map((list) => list.map(({ chance, ...rest }, index) => ({ key: index === 0 || chance === 0, ...rest })));
