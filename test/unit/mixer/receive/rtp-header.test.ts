import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  emptyRtpHeader,
  isRtcp,
  maxPacketBytes,
  readRtpHeader,
} from '../../../../mixer-agent/mix/receive/rtp-header.ts';
import { readSenderReports } from '../../../../mixer-agent/mix/receive/sender-reports.ts';
import { rtpPacket, senderReport } from '../../../support/rtp-packets.ts';

const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });

describe('RTP header', () => {
  it('is read whatever is optional in it', () => {
    fc.assert(
      fc.property(
        fc.record({
          ssrc: uint(32),
          payloadType: uint(7),
          sequence: uint(16),
          timestamp: uint(32),
          marker: fc.boolean(),
          payload: fc.uint8Array({ maxLength: 40 }),
          sources: fc.integer({ min: 0, max: 15 }),
          extension: fc.integer({ min: 0, max: 9 }),
          padding: fc.integer({ min: 0, max: 255 }),
        }),
        (fields) => {
          const header = emptyRtpHeader();
          const packet = rtpPacket(fields);
          assert.equal(readRtpHeader(packet, header), true);
          const { start, end, ...rest } = header;
          const { payload, ...told } = fields;
          assert.deepEqual({ ...told, ...rest }, told);
          assert.deepEqual(packet.subarray(start, end), Buffer.from(payload));
        },
      ),
    );
  });

  it('is not found in what is no RTP packet', () => {
    const header = emptyRtpHeader();
    const good = rtpPacket({
      ssrc: 1,
      payloadType: 96,
      sequence: 1,
      timestamp: 1,
      payload: new Uint8Array(9),
    });
    const changed = (index: number, value: number) => {
      const packet = Buffer.from(good);
      packet[index] = value;
      return packet;
    };
    assert.equal(readRtpHeader(good.subarray(0, 11), header), false);
    assert.equal(readRtpHeader(changed(0, 0x40), header), false, 'another version');
    assert.equal(readRtpHeader(changed(0, 0x8f), header), false, 'more sources than bytes');
    assert.equal(readRtpHeader(changed(0, 0xa0), header), false, 'padding of 0 bytes');
    assert.equal(readRtpHeader(Buffer.alloc(maxPacketBytes + 1, 0x80), header), false, 'too long');
  });

  it('never throws for any bytes', () => {
    const header = emptyRtpHeader();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, likely) => {
        if (likely && bytes.length > 0) bytes[0] = 0x80 | (bytes[0]! & 0x3f);
        if (readRtpHeader(bytes, header)) assert.ok(header.start <= header.end && header.end <= bytes.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe('sender reports', () => {
  const collect = (datagram: Uint8Array) => {
    const reports: [number, number, number][] = [];
    const whole = readSenderReports(datagram, (...report) => reports.push(report));
    return { whole, reports };
  };

  it('are found in compound packets, wherever they are', () => {
    const one = { ssrc: 0xfedcba98, ntpMs: 3_900_000_000_123.5, timestamp: 0xfffffff0 };
    const other = { ssrc: 7, ntpMs: 3_900_000_001_000, timestamp: 5 };
    const { whole, reports } = collect(Buffer.concat([senderReport(one), senderReport(other)]));
    assert.equal(whole, true);
    assert.deepEqual(
      reports.map(([ssrc]) => ssrc),
      [one.ssrc, 7],
    );
    assert.ok(Math.abs(reports[0]![1] - one.ntpMs) < 0.01);
    assert.equal(reports[0]![2], one.timestamp);
  });

  it('of a sender without a wall clock do not count', () => {
    assert.deepEqual(collect(senderReport({ ssrc: 1, ntpMs: 0, timestamp: 5 })), {
      whole: true,
      reports: [],
    });
  });

  it('never throw for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        if (bytes.length > 1) bytes.set([0x80, 200]);
        collect(bytes);
      }),
    );
    assert.equal(collect(senderReport({ ssrc: 1, ntpMs: 1, timestamp: 1 }).subarray(0, 20)).whole, false);
    assert.equal(isRtcp(senderReport({ ssrc: 1, ntpMs: 1, timestamp: 1 })), true);
  });
});
