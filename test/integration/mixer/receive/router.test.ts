import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createWorker, type types } from 'mediasoup';
import { mediaCodecs } from '../../../../common/media/codecs.ts';
import type { ParticipantId, StreamId } from '../../../../common/contract/ids.ts';
import type { EncodedPicture, OpusPacket } from '../../../../mixer-agent/mix/media.ts';
import type { Feed, ProcessInput } from '../../../../mixer-agent/mix/protocol.ts';
import { Receiver } from '../../../../mixer-agent/mix/receive/receiver.ts';
import { MixSources } from '../../../support/mix-sources.ts';
import { until } from '../../../support/until.ts';

describe('receiver behind a router', function () {
  this.timeout(60_000);
  let worker: types.Worker;
  let router: types.Router;
  let sources: MixSources;
  let transport: types.PlainTransport;
  let socket: Socket;
  let clock: NodeJS.Timeout;
  let receiver: Receiver;
  const pictures: EncodedPicture[] = [];
  const sounds: OpusPacket[] = [];

  before(async () => {
    worker = await createWorker({ logLevel: 'error' });
    router = await worker.createRouter({ mediaCodecs: structuredClone([...mediaCodecs]) });
    sources = await MixSources.create(router);
    socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;
    transport = await router.createPlainTransport({ listenInfo, rtcpMux: true, comedia: false });
    await transport.connect({ ip: '127.0.0.1', port: socket.address().port });
    receiver = new Receiver({
      delay: { minMs: 60, maxMs: 250 },
      events: {
        picture: (_stream, picture) => pictures.push(picture),
        sound: (_stream, packet) => sounds.push(packet),
        keyFrameNeeded: () => undefined,
      },
    });
    socket.on('message', (datagram) => {
      receiver.packet(datagram);
    });
    clock = setInterval(() => {
      receiver.release(performance.now());
    }, 5);
  });

  after(async () => {
    clearInterval(clock);
    socket.close();
    await sources.close();
    worker.close();
  });

  function feed<Codec>(consumer: types.Consumer, codec: Codec): Feed<Codec> {
    const { encodings = [], codecs } = consumer.rtpParameters;
    return { ssrc: encodings[0]!.ssrc!, payloadType: codecs[0]!.payloadType, codec, paused: consumer.paused };
  }

  it('gets sound and picture in order and in time, through a pause, without a loss', async () => {
    const tracks = await sources.add({
      colour: 'red',
      tone: 400,
      width: 320,
      height: 180,
      keyFrameInterval: 1,
    });
    const consume = (producer: types.Producer) =>
      transport.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities, paused: true });
    const audio = await consume(tracks.audio!);
    const video = await consume(tracks.video);
    const input = (): ProcessInput => ({
      stream: 'a' as StreamId,
      participant: 'p' as ParticipantId,
      name: 'A',
      audio: feed(audio, 'opus'),
      video: feed(video, 'vp8'),
      hasVideo: true,
    });
    receiver.set([input()]);
    await Promise.all([audio.resume(), video.resume()]);
    await until(() => pictures.length > 75 && sounds.length > 150, {
      timeoutMs: 15_000,
      what: 'three seconds',
    });
    await video.pause();
    receiver.set([input()]);
    const before = pictures.length;
    const heard = sounds.length;
    await until(() => sounds.length > heard + 50);
    assert.ok(pictures.length < before + 10);
    await video.resume();
    receiver.set([input()]);
    const resumed = pictures.length;
    await until(() => pictures.length > resumed + 25, { what: 'pictures after the pause' });
    await tracks.stop();

    assert.equal(pictures[0]?.key, true);
    assert.equal(pictures[resumed]?.key, true);
    const steps = sounds.slice(1).map(({ timestamp }, index) => timestamp - sounds[index]!.timestamp);
    // The source rounds its timestamps to 1 ms.
    assert.ok(steps.every((step) => Math.abs(step - 960) <= 48));
    for (const [index, { captureMs }] of pictures.entries()) {
      if (index > 0) assert.ok(captureMs > pictures[index - 1]!.captureMs);
    }
    const measure = receiver.measure();
    assert.deepEqual([measure.lost, measure.late], [0, 0]);
    // The last sound and the last picture were captured at nearly the same time: they stop together.
    const skew = sounds.at(-1)!.captureMs - pictures.at(-1)!.captureMs;
    assert.ok(Math.abs(skew) < 120, `${skew} ms`);
  });
});
