import assert from 'node:assert/strict';
import { videoEncoding } from '../../../../mixer-agent/egress/transcode/encoding.ts';
import { decoderArguments } from '../../../../mixer-agent/ffmpeg/decoder-arguments.ts';
import { encoderArguments } from '../../../../mixer-agent/ffmpeg/encoder-arguments.ts';
import { scalingOptions } from '../../../../mixer-agent/ffmpeg/scaling.ts';
import {
  gopDecoderArguments,
  videoDecoderArguments,
} from '../../../../mixer-agent/ingress/decoder-arguments.ts';

const size = { width: 320, height: 180 };
const input = { width: 640, height: 360 };
const background = { r: 0, g: 0, b: 0 };
const output = { framerate: 25, bitrate: 500 };

const scalers: Record<string, readonly string[]> = {
  'a tile': decoderArguments({ codec: 'vp8', size, fit: 'letterbox', background }),
  'a cropped tile': decoderArguments({ codec: 'h264', size, fit: 'crop', background }),
  'a smaller output of a mix': encoderArguments({ codec: 'vp8', input, size, ...output }),
  'what leaves a room': videoEncoding({ codec: 'vp9', size, keyFrameInterval: 2 }),
  'what a room fetches': videoDecoderArguments(size),
  'the beginning of what a room fetches': gopDecoderArguments({ size }, 0),
};

describe('scaling', () => {
  for (const [what, args] of Object.entries(scalers)) {
    it(`has the options of all scalers for ${what}`, () => {
      assert.ok(args.some((arg) => arg.includes('scale=')));
      const at = args.indexOf(scalingOptions[0] ?? '');
      if (scalingOptions.length > 0) assert.deepEqual(args.slice(at, at + 2), scalingOptions);
    });
  }

  it('is not told to an encoder that gets what it encodes', () => {
    assert.ok(!encoderArguments({ codec: 'vp8', input, size: input, ...output }).includes('-cpuflags'));
  });
});
