import assert from 'node:assert/strict';
import fc from 'fast-check';
import { H264Units, isForWebRtc, readSetup } from '../../../../mixer-agent/ingress/h264-setup.ts';
import { nalUnits } from '../../../../mixer-agent/mix/send/annex-b.ts';

/** Parameter sets that x264 makes of 320x180. */
const sps = {
  baseline: '6742c00cd901419f9f011000000300100000030280f142a480',
  high: '6764000cacd941419f9f011000000300100000030280f1429960',
  high444: '67f4000c919b282833f1b808800000030080000014078a14cb',
  high10: '676e000ca6cd941419f9f011000003000100000300280f142996',
  interlaced: '67640015acd941433f260220000003002000000503e28532c0',
};
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const pps = bytes('68ce0fc8');

function avcC(sets: readonly Uint8Array[], lengthBytes = 4): Uint8Array {
  const [first = new Uint8Array(0), second = new Uint8Array(0)] = sets;
  return Uint8Array.of(
    ...[1, 66, 0xc0, 13, 0xfc | (lengthBytes - 1), 0xe1, first.length >> 8, first.length & 0xff, ...first],
    ...[1, second.length >> 8, second.length & 0xff, ...second],
  );
}

const unit = (type: number, ...rest: number[]) => Uint8Array.of(0x60 | type, ...rest);
const withLengths = (units: readonly Uint8Array[]) =>
  Uint8Array.from(units.flatMap((one) => [0, 0, one.length >> 8, one.length & 0xff, ...one]));
const plain = (units: readonly Uint8Array[]) => units.map((one) => Buffer.from(one).toString('hex'));

describe('H.264 of a fetched stream', () => {
  const set = bytes(sps.baseline);

  it('is taken as it is when browsers can be expected to decode it', () => {
    assert.ok(isForWebRtc(set));
    assert.ok(isForWebRtc(bytes(sps.high)));
    for (const other of ['high444', 'high10', 'interlaced'] as const) {
      assert.ok(!isForWebRtc(bytes(sps[other])), other);
    }
  });

  it('has its parameter sets before each IDR picture, and nowhere else', () => {
    const units = new H264Units(readSetup(avcC([set, pps])));
    const idr = unit(5, 1, 2, 3);
    const other = unit(1, 4, 5);
    assert.deepEqual(
      plain(nalUnits(units.accessUnit(withLengths([idr]))?.data ?? set)),
      plain([set, pps, idr]),
    );
    assert.deepEqual(plain(nalUnits(units.accessUnit(withLengths([other]))?.data ?? set)), plain([other]));
    assert.deepEqual(
      [idr, other].map((one) => units.accessUnit(withLengths([one]))?.key),
      [true, false],
    );
  });

  it('follows parameter sets that change in the stream', () => {
    const units = new H264Units(readSetup(avcC([set, pps])));
    const next = bytes(sps.high);
    const idr = unit(5, 9);
    const whole = plain(nalUnits(units.accessUnit(withLengths([next, pps, idr]))?.data ?? set));
    assert.deepEqual(whole, plain([next, pps, idr]));
    assert.deepEqual(plain(nalUnits(units.accessUnit(withLengths([idr]))?.data ?? set)), whole);
  });

  it('says that it does not fit when it becomes something else', () => {
    const units = new H264Units(readSetup(avcC([set, pps])));
    assert.ok(units.fits);
    units.accessUnit(withLengths([bytes(sps.high444), unit(5, 1)]));
    assert.ok(!units.fits);
  });

  it('is read with start codes, too', () => {
    const annexB = Uint8Array.of(0, 0, 0, 1, ...set, 0, 0, 1, ...pps);
    const setup = readSetup(annexB);
    assert.equal(setup.lengthBytes, undefined);
    assert.deepEqual(plain(setup.sets), plain([set, pps]));
  });

  it('survives anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 200 }), (setup, data) => {
        const units = new H264Units(readSetup(setup));
        units.accessUnit(data);
        assert.equal(typeof units.fits, 'boolean');
        isForWebRtc(data);
      }),
    );
  });
});
