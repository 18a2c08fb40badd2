import assert from 'node:assert/strict';
import type { types } from 'mediasoup';
import { codecName, formatOf, layersOf, layersOfMode } from '../../../common/media/codecs.ts';
import { mediaAddress } from '../../../common/media/listen-address.ts';
import { fails } from '../../integration/access/support/fails.ts';

const parameters = (mimeType: string, codec: Record<string, unknown> = {}): types.RtpParameters => ({
  codecs: [{ mimeType, payloadType: 96, clockRate: 90_000, parameters: codec }],
});

const producer = (encodings: types.RtpEncodingParameters[]) => ({
  rtpParameters: { ...parameters('video/VP8'), encodings },
});

describe('codecs', () => {
  it('are named in the words of OWT', () => {
    assert.equal(codecName('video/AV1'), 'AV1');
    assert.deepEqual(formatOf(parameters('video/VP9')), { codec: 'vp9' });
    const h264 = (id: string) => formatOf(parameters('video/H264', { 'profile-level-id': id })).profile;
    assert.deepEqual(['42e01f', '42001f', '4d0032', '640032', 'f4001f'].map(h264), [
      'CB',
      'B',
      'M',
      'H',
      undefined,
    ]);
  });

  it('tell their layers', () => {
    assert.deepEqual(layersOfMode('L3T2_KEY'), { spatial: 3, temporal: 2 });
    assert.deepEqual(layersOfMode(undefined), { spatial: 1, temporal: 1 });
    assert.equal(layersOf(producer([{ ssrc: 1 }])), undefined);
    const svc = layersOf(producer([{ ssrc: 1, scalabilityMode: 'L3T3' }]));
    assert.deepEqual(svc, { spatial: 3, temporal: 3, type: 'svc' });
    const simulcast = layersOf(producer([{ rid: 'a', scalabilityMode: 'L1T3' }, { rid: 'b' }]));
    assert.deepEqual(simulcast, { spatial: 2, temporal: 3, type: 'simulcast' });
  });
});

describe('address of media', () => {
  it('is taken as given, and resolved when it is a name', async () => {
    assert.deepEqual(await mediaAddress('127.0.0.1', ''), { ip: '127.0.0.1' });
    assert.deepEqual(await mediaAddress('localhost', ''), { ip: '127.0.0.1' });
    const announced = { ip: '127.0.0.1', announcedAddress: 'media.example.com' };
    assert.deepEqual(await mediaAddress('127.0.0.1', 'media.example.com'), announced);
  });

  it('is never announced as a wildcard', async () => {
    const { ip, announcedAddress } = await mediaAddress('0.0.0.0', '');
    assert.equal(ip, '0.0.0.0');
    assert.match(announcedAddress ?? '', /^[1-9]/);
  });

  it('must exist', async () => {
    await assert.rejects(mediaAddress('no such name.invalid', ''), fails('bad_request', 'access.listen_ip'));
  });
});
