import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  RtcpPacketConverter,
  RtcpPayloadSpecificFeedback,
  RtcpSourceDescriptionPacket,
  RtcpSrPacket,
  PictureLossIndication,
} from 'werift-rtp';
import { AudioSender } from '../../../../mixer-agent/mix/send/audio-sender.ts';
import { Feedback } from '../../../../mixer-agent/mix/send/feedback.ts';
import { isRtcp } from '../../../../mixer-agent/mix/send/rtcp.ts';
import { SenderReports, type ReportedSender } from '../../../../mixer-agent/mix/send/sender-reports.ts';
import { VideoSender } from '../../../../mixer-agent/mix/send/video-sender.ts';

const ntpEpoch = 2_208_988_800;
const parse = (datagram: Uint8Array) => RtcpPacketConverter.deSerialize(Buffer.from(datagram));

describe('feedback of receivers', () => {
  const listen = () => {
    const asked: number[] = [];
    return { asked, feedback: new Feedback({ onKeyFrameRequest: (ssrc) => void asked.push(ssrc) }) };
  };
  const pli = (mediaSsrc: number) =>
    new RtcpPayloadSpecificFeedback({
      feedback: new PictureLossIndication({ senderSsrc: 1, mediaSsrc }),
    }).serialize();
  /** By hand after RFC 5104, 4.3.1. */
  const fir = (entries: { ssrc: number; sequenceNumber: number }[]) => {
    const packet = Buffer.alloc(12 + 8 * entries.length);
    packet.set([0x84, 206]);
    packet.writeUInt16BE(packet.length / 4 - 1, 2);
    for (const [index, { ssrc, sequenceNumber }] of entries.entries()) {
      packet.writeUInt32BE(ssrc, 12 + 8 * index);
      packet.writeUInt8(sequenceNumber, 16 + 8 * index);
    }
    return packet;
  };

  it('is heard as picture loss and as full intra request, alone and in compound packets', () => {
    const { asked, feedback } = listen();
    const compound = Buffer.concat([
      pli(0xfffffff1),
      fir([
        { ssrc: 5, sequenceNumber: 1 },
        { ssrc: 6, sequenceNumber: 9 },
      ]),
    ]);
    feedback.take(pli(17));
    feedback.take(compound);
    assert.deepEqual(asked, [17, 0xfffffff1, 5, 6]);
  });

  it('takes a repeated full intra request for one', () => {
    const { asked, feedback } = listen();
    for (const sequenceNumber of [1, 1, 1, 2]) feedback.take(fir([{ ssrc: 5, sequenceNumber }]));
    assert.deepEqual(asked, [5, 5]);
  });

  it('is told from RTP', () => {
    const rtp = (payloadType: number, marker: boolean) => {
      const packet = new Uint8Array(12);
      packet.set([0x80, payloadType | (marker ? 0x80 : 0)]);
      return packet;
    };
    for (const payloadType of [45, 96, 98, 102, 111, 127])
      for (const marker of [false, true]) assert.equal(isRtcp(rtp(payloadType, marker)), false);
    assert.equal(isRtcp(pli(1)), true);
  });

  it('survives any bytes and any broken packet, and asks for nothing endless', () => {
    const whole = Buffer.concat([pli(3), fir([{ ssrc: 4, sequenceNumber: 1 }]), pli(3)]);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(whole.length - 1),
        fc.nat(255),
        fc.nat(whole.length),
        (bytes, place, value, length) => {
          const { asked, feedback } = listen();
          feedback.take(bytes);
          const broken = Uint8Array.from(whole);
          broken[place] = value;
          feedback.take(broken);
          feedback.take(broken.subarray(0, length));
          assert.ok(asked.length <= 60);
        },
      ),
    );
  });
});

describe('sender reports', () => {
  it('give all outputs of a moment in one datagram, with one clock and one name', () => {
    const sent: Uint8Array[] = [];
    const reports = new SenderReports({
      send: (datagram) => void sent.push(datagram),
      cname: 'mix of a room',
    });
    const media: Uint8Array[] = [];
    const send = (packet: Uint8Array) => void media.push(packet);
    const audio = new AudioSender({ ssrc: 1, payloadType: 111, send });
    const video = new VideoSender({ codec: 'vp8', ssrc: 2, payloadType: 96, framerate: 25, send });
    const start = performance.now();
    reports.send(start, [audio, video]);
    assert.equal(sent.length, 0, 'nothing was sent yet');

    audio.send(new Uint8Array(100), start);
    video.send({ data: new Uint8Array(3_000) }, start);
    reports.send(start + 35, [audio, video]);
    const [first, second, names] = parse(sent[0]!);
    assert.ok(first instanceof RtcpSrPacket && second instanceof RtcpSrPacket);
    assert.ok(names instanceof RtcpSourceDescriptionPacket);
    assert.deepEqual(
      names.chunks.map(({ source, items }) => [source, items[0]?.text]),
      [
        [1, 'mix of a room'],
        [2, 'mix of a room'],
      ],
    );
    const stampOf = (packet: Uint8Array) => Buffer.from(packet).readUInt32BE(4);
    assert.equal((first.senderInfo.rtpTimestamp - stampOf(media[0]!) + 2 ** 32) % 2 ** 32, 35 * 48);
    assert.equal((second.senderInfo.rtpTimestamp - stampOf(media[1]!) + 2 ** 32) % 2 ** 32, 35 * 90);
    assert.equal(first.senderInfo.ntpTimestamp, second.senderInfo.ntpTimestamp);
    const wallMs = (Number(first.senderInfo.ntpTimestamp >> 32n) - ntpEpoch) * 1000;
    assert.ok(Math.abs(wallMs - Date.now()) < 5_000);
    assert.deepEqual([first.senderInfo.packetCount, first.senderInfo.octetCount], [1, 100]);
    assert.deepEqual([second.senderInfo.packetCount, second.senderInfo.octetCount], [3, 3_000 + 3 * 6]);
  });

  const line = (ssrc: number): ReportedSender => ({
    ssrc,
    report: (at) => ({ timestamp: Math.round(at), packets: 1, octets: 1 }),
  });

  it('come each second, and at once when an output begins', () => {
    const sent: { at: number; ssrcs: number[] }[] = [];
    let now = 0;
    const reports = new SenderReports({
      send: (datagram) => {
        const ssrcs = parse(datagram).flatMap((packet) =>
          packet instanceof RtcpSrPacket ? [packet.ssrc] : [],
        );
        sent.push({ at: now, ssrcs });
      },
    });
    const senders = [line(1)];
    for (; now < 3_000; now += 5) {
      if (now === 1_500) senders.push(line(2));
      reports.send(now, senders);
    }
    assert.deepEqual(sent, [
      { at: 0, ssrcs: [1] },
      { at: 1_000, ssrcs: [1] },
      { at: 1_500, ssrcs: [1, 2] },
      { at: 2_500, ssrcs: [1, 2] },
    ]);
  });

  it('of many outputs are divided into datagrams that fit', () => {
    const sent: Uint8Array[] = [];
    const reports = new SenderReports({ send: (datagram) => void sent.push(datagram) });
    reports.send(
      1,
      Array.from({ length: 45 }, (_none, index) => line(index + 1)),
    );
    assert.equal(sent.length, 3);
    for (const datagram of sent) assert.ok(datagram.length <= 1_200);
    const ssrcs = sent
      .flatMap(parse)
      .flatMap((packet) => (packet instanceof RtcpSrPacket ? [packet.ssrc] : []));
    assert.deepEqual(ssrcs.length, 45);
  });
});
