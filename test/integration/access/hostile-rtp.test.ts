import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import fc from 'fast-check';
import type { types } from 'mediasoup';
import { Registry } from 'prom-client';
import { MediaMetrics } from '../../../common/media/media-metrics.ts';
import { MediaWorker } from '../../../common/media/media-worker.ts';
import { producerParameters } from '../../../common/media/rtp-parameters.ts';
import { silentLogger } from '../../../common/observe/log.ts';
import { eventually } from './support/metrics.ts';
import { rtpPacket, type PacketOptions } from './support/rtp-packet.ts';
import { simulcastParameters, videoParameters } from './support/rtp.ts';

const layer = (temporal: number) => ({ scalabilityMode: `L1T${temporal}` });

/** Parameters that clients may send; some of them would let packets abort the worker if they were taken as they are. */
const bases: Record<string, () => types.RtpParameters> = {
  'one ssrc': () => videoParameters({ encodings: [{ ssrc: 101, rtx: { ssrc: 102 } }] }),
  'ssrc and rid': () => videoParameters({ encodings: [{ ssrc: 101, rid: 'r0' }] }),
  'three rids': simulcastParameters,
  'unequal modes': () =>
    videoParameters({
      encodings: [
        { ssrc: 101, ...layer(3) },
        { ssrc: 102, ...layer(1) },
      ],
    }),
  svc: () =>
    videoParameters({
      codec: 'VP9',
      payloadType: 98,
      encodings: [{ ssrc: 101, scalabilityMode: 'L3T3_KEY' }],
    }),
};

const packets: fc.Arbitrary<PacketOptions> = fc.record({
  ssrc: fc.constantFrom(0, 1, 101, 102, 103, 0xffffffff),
  payloadType: fc.constantFrom(96, 97, 98, 99, 111),
  sequence: fc.nat(20),
  mid: fc.boolean(),
  rid: fc.constantFrom(undefined, 'r0', 'r1', 'r2', 'r9'),
  keyFrame: fc.boolean(),
});

describe('access agent: hostile RTP', () => {
  let worker: MediaWorker;
  let socket: Socket;
  before(async () => {
    const metrics = new MediaMetrics(new Registry());
    const options = {
      index: 0,
      address: { ip: '127.0.0.1' },
      port: 0,
      logLevel: 'none' as const,
      timeoutMs: 2_000,
    };
    worker = await MediaWorker.create({ ...options, log: silentLogger, metrics });
    socket = createSocket('udp4');
  });
  after(async () => {
    socket.close();
    await worker.close();
  });

  const send = (packet: Buffer, port: number) =>
    new Promise<void>((resolve) => {
      socket.send(packet, port, '127.0.0.1', () => {
        resolve();
      });
    });

  it('leaves simulcast named by rid as it is', async () => {
    const router = await worker.createRouter();
    const transport = await router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      comedia: true,
    });
    const rtpParameters = producerParameters('video', simulcastParameters(), 'a b');
    const producer = await transport.produce({ kind: 'video', rtpParameters });
    const midValue = rtpParameters.mid ?? '';
    for (const [index, rid] of ['r0', 'r1', 'r2'].entries()) {
      const packet = { ssrc: 900 + index, payloadType: 96, sequence: 1, mid: true, midValue, rid };
      await send(rtpPacket(packet), transport.tuple.localPort);
    }
    await eventually('three streams', async () => (await producer.getStats()).length === 3);
    const streams = await producer.getStats();
    assert.deepEqual(
      streams.map(({ rid, ssrc }) => [rid, ssrc]),
      [
        ['r0', 900],
        ['r1', 901],
        ['r2', 902],
      ],
    );
    router.close();
  });

  for (const [name, base] of Object.entries(bases)) {
    it(`does not break a worker: ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(packets, { minLength: 2, maxLength: 30 }), async (sequence) => {
          const router = await worker.createRouter();
          const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;
          const transport = await router.createPlainTransport({ listenInfo, comedia: true });
          const given = base();
          const rtpParameters = producerParameters('video', given, 'a b');
          const producer = await transport.produce({ kind: 'video', rtpParameters });
          const out = await router.createPlainTransport({ listenInfo, comedia: true });
          await out.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities });
          for (const packet of sequence) {
            await send(rtpPacket({ ...packet, midValue: given.mid ?? '' }), transport.tuple.localPort);
          }
          // The answer comes after what the packets did.
          await worker.run('getStats', () => producer.getStats());
          router.close();
        }),
        { numRuns: 150 },
      );
      await worker.run('ping', () => worker.createRouter());
      assert.equal(worker.ended, undefined);
    });
  }
});
