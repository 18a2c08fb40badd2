import type { types } from 'mediasoup';
import type { RoomRouter } from '../../common/media/room-router.ts';

const ip = '127.0.0.1';
/** Key frames of all tracks may come at once; the system gives what it allows. */
const bufferBytes = 2 * 1024 * 1024;

/**
 * The way of all RTP and RTCP between the router of a room and a process of this agent: one UDP port on each side, and
 * packets of nobody else are taken.
 * @throws PorticoError `worker_lost`
 */
export async function createLoopbackTransport({ router, worker }: RoomRouter): Promise<types.PlainTransport> {
  return await worker.run('createPlainTransport', () =>
    router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip, sendBufferSize: bufferBytes, recvBufferSize: bufferBytes },
      rtcpMux: true,
      comedia: false,
    }),
  );
}

/** Where the process sends to. */
export function addressOf({ tuple }: types.PlainTransport): { ip: string; port: number } {
  return { ip: tuple.localAddress, port: tuple.localPort };
}

/** Points the transport at the process, once. @throws PorticoError `worker_lost` */
export async function connectLoopbackTransport(
  { worker }: RoomRouter,
  transport: types.PlainTransport,
  port: number,
): Promise<void> {
  await worker.run('connectPlainTransport', () => transport.connect({ ip, port }));
}
