import assert from 'node:assert/strict';
import { ortc } from 'mediasoup';
import type { types } from 'mediasoup';
import { routerRtpCapabilities } from '../../../common/media/codecs.ts';
import { consumerCapabilities, producerParameters } from '../../../common/media/rtp-parameters.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import type { Kind } from '../../../common/contract/media.ts';

const video = (encodings?: types.RtpEncodingParameters[], codec = 'VP8'): types.RtpParameters => ({
  mid: '1',
  codecs: [
    { mimeType: `video/${codec}`, payloadType: 120, clockRate: 90_000 },
    { mimeType: 'video/rtx', payloadType: 121, clockRate: 90_000, parameters: { apt: 120 } },
  ],
  ...(encodings === undefined ? {} : { encodings }),
});

const clean = (given: types.RtpParameters, kind: Kind = 'video') => producerParameters(kind, given, 'a b');

const refused = (field: string) => (error: unknown) => {
  assert.ok(error instanceof PorticoError);
  assert.equal(error.code, 'rtp_invalid');
  assert.equal(error.details.field, `rtpParameters.${field}`);
  return true;
};

describe('RTP parameters of clients', () => {
  it('are taken over when they are sound', () => {
    const given = video([{ ssrc: 1, rtx: { ssrc: 2 }, maxBitrate: 500_000 }]);
    const result = clean(given);
    assert.deepEqual(result.encodings, given.encodings);
    assert.deepEqual(
      result.codecs.map(({ mimeType, payloadType }) => [mimeType, payloadType]),
      [
        ['video/VP8', 120],
        ['video/rtx', 121],
      ],
    );
    assert.equal(result.mid, '1');
    assert.equal(result.msid, 'a b');
  });

  it('never carry a name of the client to others', () => {
    const given = { ...video([{ ssrc: 1 }]), msid: 'x\r\na=evil', rtcp: { cname: 'me@home' } };
    const { msid, rtcp } = clean(given);
    assert.equal(msid, 'a b');
    assert.deepEqual(rtcp, { reducedSize: true });
  });

  it('may not break a line of SDP', () => {
    for (const parameters of [{ a: 'b\r\nc' }, { 'a=b': 1 }, { a: 'x;y=1' }, { a: 2 ** 40 }]) {
      const given = video([{ ssrc: 1 }]);
      given.codecs = given.codecs.map((codec) => ({ ...codec, parameters }));
      assert.throws(() => clean(given), refused('codecs.parameters'));
    }
  });

  it('keep only the media codec and its retransmission', () => {
    const given = video([{ ssrc: 1 }]);
    given.codecs.push({ mimeType: 'video/H264', payloadType: 99, clockRate: 90_000 });
    assert.equal(clean(given).codecs.length, 2);
  });

  it('must be of the kind they are for', () => {
    assert.throws(() => clean(video([{ ssrc: 1 }]), 'audio'), refused('codecs[0].mimeType'));
    const rtxFirst = video([{ ssrc: 1 }]);
    rtxFirst.codecs.reverse();
    assert.throws(() => clean(rtxFirst), refused('codecs[0]'));
  });

  it('name each encoding by its ssrc, or by its rid and an ssrc that nobody knows', () => {
    assert.deepEqual(clean(video([{ ssrc: 5, rid: 'r0' }])).encodings, [{ ssrc: 5 }]);
    const named = clean(video([{ rid: 'r0' }, { rid: 'r1' }])).encodings ?? [];
    assert.deepEqual(
      named.map(({ rid }) => rid),
      ['r0', 'r1'],
    );
    const secrets = new Set(named.map(({ ssrc = 0 }) => ssrc));
    assert.ok(secrets.size === 2 && !secrets.has(0));
    assert.throws(() => clean(video([{}])), refused('encodings[0]'));
    assert.throws(() => clean(video()), refused('encodings[0]'));
    assert.throws(() => clean(video([{ ssrc: 0 }])), refused('encodings[0]'));
  });

  it('use each ssrc and rid once', () => {
    assert.throws(() => clean(video([{ ssrc: 1 }, { ssrc: 1 }])), refused('encodings[1].ssrc'));
    assert.throws(() => clean(video([{ ssrc: 1, rtx: { ssrc: 1 } }])), refused('encodings[0].rtx.ssrc'));
    assert.throws(() => clean(video([{ rid: 'a' }, { rid: 'a' }])), refused('encodings[1].rid'));
    assert.throws(() => clean(video([{ rid: 'a b' }])), refused('encodings[0].rid'));
  });

  it('give all simulcast encodings the same mode, the richest', () => {
    const modes = [{ scalabilityMode: 'L1T2' }, {}, { scalabilityMode: 'L1T3' }];
    const { encodings } = clean(video(modes.map((mode, index) => ({ rid: `r${index}`, ...mode }))));
    assert.deepEqual(
      encodings?.map(({ scalabilityMode }) => scalabilityMode),
      ['L1T3', 'L1T3', 'L1T3'],
    );
  });

  it('may have layers only where the codec has them', () => {
    const svc = (mode: string, codec: string) => clean(video([{ ssrc: 1, scalabilityMode: mode }], codec));
    assert.equal(svc('L3T3_KEY', 'VP9').encodings?.[0]?.scalabilityMode, 'L3T3_KEY');
    assert.equal(svc('L1T3', 'VP8').encodings?.[0]?.scalabilityMode, 'L1T3');
    assert.throws(() => svc('L3T3', 'VP8'), refused('encodings[0].scalabilityMode'));
    assert.throws(() => svc('L99T99', 'VP9'), refused('encodings[0].scalabilityMode'));
    const both = [
      { ssrc: 1, scalabilityMode: 'L2T1' },
      { ssrc: 2, scalabilityMode: 'L2T1' },
    ];
    assert.throws(() => clean(video(both, 'VP9')), refused('encodings[1]'));
    const five = ['a', 'b', 'c', 'd', 'e'].map((rid) => ({ rid }));
    assert.throws(() => clean(video(five)), refused('encodings[4]'));
  });

  it('have whole bitrates within reason', () => {
    const bitrate = (maxBitrate: number) =>
      clean(video([{ ssrc: 1, maxBitrate }])).encodings?.[0]?.maxBitrate;
    assert.equal(bitrate(1.5), 1);
    assert.equal(bitrate(0.5), undefined);
    assert.equal(bitrate(1e300), 1_000_000_000);
  });

  it('use known header extensions, each id and each extension once', () => {
    const mid = 'urn:ietf:params:rtp-hdrext:sdes:mid';
    const orientation = 'urn:3gpp:video-orientation';
    const given = (...extensions: [string, number][]) => ({
      ...video([{ ssrc: 1 }]),
      headerExtensions: extensions.map(([uri, id]) => ({ uri: uri as types.RtpHeaderExtensionUri, id })),
    });
    assert.equal(clean(given([mid, 1], [orientation, 14])).headerExtensions?.length, 2);
    assert.throws(() => clean(given([mid, 15])), refused('headerExtensions[0].id'));
    assert.throws(() => clean(given([mid, 1], [orientation, 1])), refused('headerExtensions[1]'));
    assert.throws(() => clean(given([mid, 1], [mid, 2])), refused('headerExtensions[1]'));
    assert.throws(() => clean(given(['urn:unknown', 1])), refused('headerExtensions[0].uri'));
  });
});

describe('RTP capabilities of clients', () => {
  it('are reduced without losing what the engine compares', () => {
    const reduced = consumerCapabilities(routerRtpCapabilities);
    const producible = ortc.getProducerRtpParametersMapping(
      clean(video([{ ssrc: 1 }])),
      routerRtpCapabilities,
    );
    assert.equal(producible.encodings.length, 1);
    assert.equal(reduced.codecs?.length, routerRtpCapabilities.codecs?.length);
    assert.equal(reduced.headerExtensions?.length, routerRtpCapabilities.headerExtensions?.length);
  });
});
