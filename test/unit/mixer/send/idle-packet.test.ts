import assert from 'node:assert/strict';
import { idlePacket } from '../../../../mixer-agent/mix/send/idle-packet.ts';
import { rtpHeaderBytes } from '../../../../mixer-agent/mix/send/rtp-line.ts';
import { VideoSender } from '../../../../mixer-agent/mix/send/video-sender.ts';

describe('an encoding that is not made', () => {
  it('shows itself with packets that no receiver takes for a key frame', () => {
    const vp8 = idlePacket('vp8').subarray(rtpHeaderBytes);
    assert.equal((vp8[0] ?? 0) & 0x10, 0, 'not the start of a partition (RFC 7741, 4.2)');
    const h264 = idlePacket('h264').subarray(rtpHeaderBytes);
    assert.equal((h264[0] ?? 0) & 0x1f, 9, 'an access unit delimiter');
  });

  it('keeps the line of the encoding: no number is left out and the clock goes on', () => {
    const packets: Uint8Array[] = [];
    const send = (packet: Uint8Array) => packets.push(packet);
    const sender = new VideoSender({ codec: 'vp8', ssrc: 7, payloadType: 96, framerate: 25, send });
    sender.sendIdle(0);
    sender.send({ data: new Uint8Array(100) }, 400);
    sender.sendIdle(800);
    const views = packets.map((packet) => new DataView(packet.buffer, packet.byteOffset));
    const numbers = views.map((view) => view.getUint16(2));
    const times = views.map((view) => view.getUint32(4));
    assert.deepEqual(
      numbers.map((number) => (number - (numbers[0] ?? 0)) & 0xffff),
      [0, 1, 2],
    );
    assert.deepEqual(
      times.map((time) => (time - (times[0] ?? 0)) >>> 0),
      [0, 36_000, 72_000],
    );
    sender.close();
  });
});
