import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createWorker, type types } from 'mediasoup';
import { Server } from 'socket.io';
import { mediaCodecs } from '../../../common/media/codecs.ts';

/*
 * The least that forwards media with mediasoup and Socket.IO: no rooms, no rights, no cluster. What Portico costs is
 * measured against it. Run by the benchmark: `node test/bench/bare/server.ts <port> <script of the page>`.
 */
const [port, script] = process.argv.slice(2);
const worker = await createWorker({ logLevel: 'warn' });
const router = await worker.createRouter({ mediaCodecs: [...mediaCodecs] });
const listen = { ip: '127.0.0.1', port: 0 };
const webRtcServer = await worker.createWebRtcServer({
  listenInfos: [
    { protocol: 'udp', ...listen },
    { protocol: 'tcp', ...listen },
  ],
});
const producers = new Map<string, types.Producer>();

const http = createServer((request, response) => {
  const isScript = request.url === '/bare.js' && script !== undefined;
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  if (isScript) void readFile(script).then((text) => response.end(text));
  else response.end('<!doctype html><title>bare</title><script type="module" src="/bare.js"></script>');
});
const io = new Server(http);

type Ack = (answer: unknown) => void;

io.on('connection', (socket) => {
  const transports = new Map<string, types.WebRtcTransport>();
  const consumers = new Map<string, types.Consumer>();
  socket.on('disconnect', () => {
    for (const transport of transports.values()) transport.close();
  });
  socket.on('join', (ack: Ack) => {
    ack({ rtpCapabilities: router.rtpCapabilities, producers: [...producers.keys()] });
  });
  socket.on('createTransport', async (ack: Ack) => {
    const transport = await router.createWebRtcTransport({
      webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      initialAvailableOutgoingBitrate: 1_000_000,
    });
    transports.set(transport.id, transport);
    const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
    ack({ id, iceParameters, iceCandidates, dtlsParameters });
  });
  socket.on(
    'connectTransport',
    async ({ id, dtlsParameters }: { id: string; dtlsParameters: types.DtlsParameters }, ack: Ack) => {
      await transports.get(id)?.connect({ dtlsParameters });
      ack({});
    },
  );
  socket.on(
    'produce',
    async (
      { id, kind, rtpParameters }: { id: string; kind: types.MediaKind; rtpParameters: types.RtpParameters },
      ack: Ack,
    ) => {
      const producer = await transports.get(id)?.produce({ kind, rtpParameters });
      if (producer === undefined) return;
      producers.set(producer.id, producer);
      producer.on('transportclose', () => producers.delete(producer.id));
      ack({ id: producer.id });
      socket.broadcast.emit('producer', producer.id);
    },
  );
  socket.on(
    'consume',
    async (
      {
        id,
        producerId,
        rtpCapabilities,
      }: { id: string; producerId: string; rtpCapabilities: types.RtpCapabilities },
      ack: Ack,
    ) => {
      const consumer = await transports.get(id)?.consume({ producerId, rtpCapabilities, paused: true });
      if (consumer === undefined) return;
      consumers.set(consumer.id, consumer);
      ack({ id: consumer.id, producerId, kind: consumer.kind, rtpParameters: consumer.rtpParameters });
    },
  );
  socket.on('resume', async (id: string, ack: Ack) => {
    await consumers.get(id)?.resume();
    ack({});
  });
});
http.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write('ready\n');
});
