import assert from 'node:assert/strict';
import { noStream, type StreamHeader } from '../../../../mixer-agent/ffmpeg/nut-headers.ts';
import { planOf, type PlanOptions } from '../../../../mixer-agent/ingress/plan.ts';
import { fails } from '../../../integration/access/support/fails.ts';

const video = (fourcc: string, more: Partial<StreamHeader> = {}): StreamHeader => ({
  ...noStream,
  kind: 'video',
  fourcc: Uint8Array.from(Buffer.from(fourcc)),
  width: 1280,
  height: 720,
  ...more,
});
const audio = (fourcc: string, channels = 2): StreamHeader => ({
  ...noStream,
  kind: 'audio',
  fourcc: Uint8Array.from(Buffer.from(fourcc)),
  sampleRate: 48_000,
  channels,
});

const options: PlanOptions = {
  source: { audio: 'auto', video: 'auto', codecs: ['h264', 'vp8', 'vp9'] },
  codec: undefined,
  mustDecode: false,
};
const plan = (headers: StreamHeader[], more: Partial<PlanOptions> = {}) =>
  planOf(headers, { ...options, ...more });
const codecs = (...list: PlanOptions['source']['codecs']) => ({
  source: { ...options.source, codecs: list },
});

describe('how tracks of a source are sent', () => {
  it('is as they are, where WebRTC carries them', () => {
    for (const [fourcc, codec] of [
      ['VP80', 'vp8'],
      ['VP90', 'vp9'],
      ['H264', 'h264'],
      ['avc1', 'h264'],
    ] as const) {
      const { video: sent } = plan([video(fourcc)]);
      assert.deepEqual([sent?.codec, sent?.transcoded], [codec, false]);
    }
    assert.deepEqual(plan([video('VP80'), audio('Opus')]).audio, { stream: 1, transcoded: false });
  });

  it('is encoded, where it does not', () => {
    assert.equal(plan([video('HEVC')]).video?.codec, 'h264');
    assert.equal(plan([video('H264', { decodeDelay: 2 })]).video?.transcoded, true);
    assert.equal(plan([audio('Opus', 6)]).audio?.transcoded, true);
    assert.equal(plan([audio('mp4a')]).audio?.transcoded, true);
  });

  it('is what the room takes', () => {
    assert.deepEqual(plan([video('H264')], codecs('vp8')).video?.codec, 'vp8');
    assert.deepEqual(plan([video('VP80')], codecs('h264')).video?.transcoded, true);
    assert.throws(() => plan([video('H264')], codecs('vp9')), fails('codec_unsupported'));
  });

  it('stays what it was when the source changes', () => {
    assert.deepEqual(plan([video('VP80')], { codec: 'h264' }).video?.codec, 'h264');
    assert.deepEqual(plan([video('H264')], { codec: 'h264' }).video?.transcoded, false);
    assert.deepEqual(plan([video('H264')], { codec: 'vp9' }).video?.codec, 'h264');
  });

  it('is encoded once it has shown that it must be', () => {
    assert.equal(plan([video('H264')], { mustDecode: true }).video?.transcoded, true);
    assert.equal(plan([video('VP90')], { mustDecode: true, codec: 'vp9' }).video?.codec, 'h264');
  });

  it('is not larger than need be, with square pixels and even lengths', () => {
    const size = (more: Partial<StreamHeader>) => plan([video('HEVC', more)]).video?.size;
    assert.deepEqual(size({ width: 3840, height: 2160 }), { width: 1920, height: 1080 });
    assert.deepEqual(size({ width: 720, height: 576, pixelShape: 16 / 11 }), { width: 1048, height: 576 });
    assert.deepEqual(size({ width: 333, height: 201 }), { width: 334, height: 202 });
  });

  it('is refused when what is wanted is not there', () => {
    const wants = (more: object) => ({ source: { ...options.source, ...more } });
    assert.throws(() => plan([audio('Opus')], wants({ video: true })), fails('not_found'));
    assert.throws(() => plan([video('VP80')], wants({ audio: true })), fails('not_found'));
    assert.throws(() => plan([]), fails('not_found'));
    assert.throws(() => plan([video('HEVC', { width: 0 })]), fails('codec_unsupported'));
  });
});
