import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  bitrateFor,
  canDecode,
  codecToSend,
  layersFor,
  planAudio,
  planVideo,
} from '../../../client/sdk/encodings.ts';
import type { RtpCapabilities } from '../../../client/sdk/engine.ts';

const camera = { width: 1280, height: 720, source: 'camera', options: {} } as const;

const h264 = (profile: string, mode: number): NonNullable<RtpCapabilities['codecs']>[number] => ({
  kind: 'video',
  mimeType: 'video/H264',
  clockRate: 90000,
  preferredPayloadType: 100,
  parameters: { 'packetization-mode': mode, 'profile-level-id': profile },
});

describe('encodings of a video track', () => {
  it('sends three VP8 layers of a 720p camera, the smallest first', () => {
    const { encodings } = planVideo(camera);
    assert.deepEqual(
      encodings.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy),
      [4, 2, 1],
    );
    assert.ok(encodings.every(({ scalabilityMode }) => scalabilityMode === 'L1T3'));
    const rates = encodings.map(({ maxBitrate = 0 }) => maxBitrate);
    assert.deepEqual(
      rates,
      [...rates].sort((a, b) => a - b),
    );
  });

  it('sends as many layers as the browser would really encode', () => {
    assert.equal(layersFor(1920, 1080), 3);
    assert.equal(layersFor(640, 480), 2);
    assert.equal(layersFor(720, 1280), 3, 'a phone held upright');
    assert.equal(layersFor(320, 180), 1);
    assert.equal(planVideo({ ...camera, width: 320, height: 180 }).encodings.length, 1);
  });

  it('sends one encoding with layers inside for VP9 and AV1, those of AV1 in time only', () => {
    const modes = (codec: 'vp9' | 'av1'): unknown[] =>
      planVideo({ ...camera, options: { codec } }).encodings.map(({ scalabilityMode }) => scalabilityMode);
    assert.deepEqual(modes('vp9'), ['L3T3_KEY']);
    assert.deepEqual(modes('av1'), ['L1T3']);
    const [small] = planVideo({ ...camera, width: 320, height: 180, options: { codec: 'vp9' } }).encodings;
    assert.equal(small?.scalabilityMode, 'L1T3');
    const [chosen] = planVideo({ ...camera, options: { codec: 'av1', scalabilityMode: 'L2T1' } }).encodings;
    assert.equal(chosen?.scalabilityMode, 'L2T1');
  });

  it('sends a lone VP8 encoding without temporal layers', () => {
    const [only] = planVideo({ ...camera, options: { simulcast: false } }).encodings;
    assert.equal(only?.scalabilityMode, undefined);
  });

  it('sends H264 simulcast without temporal layers', () => {
    const { encodings } = planVideo({ ...camera, options: { codec: 'h264' } });
    assert.equal(encodings.length, 3);
    assert.ok(encodings.every((encoding) => !('scalabilityMode' in encoding)));
  });

  it('sends a shared screen in one layer with more bits and fewer frames', () => {
    const { encodings } = planVideo({ ...camera, source: 'screen-cast' });
    assert.equal(encodings.length, 1);
    assert.equal(encodings[0]?.maxFramerate, 15);
    assert.ok((encodings[0].maxBitrate ?? 0) >= 1_500_000);
    const layered = planVideo({ ...camera, source: 'screen-cast', options: { simulcast: true } });
    assert.equal(layered.encodings.length, 3);
  });

  it('keeps to the bitrate it was given, in every layer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 16, max: 4096 }),
        fc.integer({ min: 16, max: 4096 }),
        fc.integer({ min: 50_000, max: 10_000_000 }),
        fc.constantFrom('vp8', 'vp9', 'h264', 'av1'),
        (width, height, maxBitrate, codec) => {
          const { encodings } = planVideo({
            width,
            height,
            source: 'camera',
            options: { maxBitrate, codec },
          });
          const rates = encodings.map((encoding) => encoding.maxBitrate ?? 0);
          assert.equal(rates.at(-1), maxBitrate);
          assert.ok(rates.every((rate) => rate > 0 && rate <= maxBitrate));
        },
      ),
    );
  });

  it('gives larger pictures more bits', () => {
    fc.assert(
      fc.property(fc.nat(9_000_000), fc.nat(1_000_000), (pixels, more) => {
        assert.ok(bitrateFor(pixels) <= bitrateFor(pixels + more));
        assert.ok(bitrateFor(pixels) >= 90_000);
      }),
    );
  });
});

describe('encoding of an audio track', () => {
  it('saves bits in the silence of a microphone, but not in shared sound', () => {
    assert.equal(planAudio('mic', {}).codecOptions.opusDtx, true);
    assert.equal(planAudio('screen-cast', {}).codecOptions.opusDtx, false);
    assert.equal(planAudio('mic', { dtx: false }).codecOptions.opusDtx, false);
    assert.equal(planAudio('mic', {}).codecOptions.opusFec, true);
  });
});

describe('codecs', () => {
  it('sends the H264 that every decoder has', () => {
    const codecs = [h264('4d001f', 1), h264('42e01f', 0), h264('42e01f', 1)];
    assert.equal(codecToSend({ codecs }, 'h264'), codecs[2]);
  });

  it('names the codec that the browser cannot send', () => {
    assert.throws(() => codecToSend({ codecs: [h264('42e01f', 1)] }, 'av1'), {
      code: 'codec_unsupported',
      field: 'av1',
    });
  });

  it('tells what the browser can decode', () => {
    assert.equal(canDecode({ codecs: [h264('42e01f', 1)] }, 'h264'), true);
    assert.equal(canDecode({ codecs: [h264('42e01f', 1)] }, 'vp9'), false);
    assert.equal(canDecode({}, 'vp8'), false);
  });
});
