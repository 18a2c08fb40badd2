import type { types } from 'mediasoup';
import { z } from 'zod';
import { parse } from '../bus/contract.ts';
import type { MediaAddress } from './listen-address.ts';
import type { RoomRouter } from './room-router.ts';

export interface PipeAddress extends MediaAddress {
  ports: types.TransportPortRange;
}

/** How one end of a pipe is reached. */
export interface PipeEndpoint {
  ip: string;
  port: number;
  srtpParameters?: types.SrtpParameters | undefined;
}

/** As the other process told it. */
export interface RemoteEndpoint {
  ip: string;
  port: number;
  srtpParameters?: { cryptoSuite: string; keyBase64: string } | undefined;
}

/** One end of a pipe between processes: encrypted, and repairing losses on the way. */
export function createPipeTransport(
  router: RoomRouter,
  { ports, ...address }: PipeAddress,
): Promise<types.PipeTransport> {
  return router.worker.run('createPipeTransport', () =>
    router.router.createPipeTransport({
      listenInfo: { protocol: 'udp', ...address, portRange: ports },
      enableRtx: true,
      enableSrtp: true,
    }),
  );
}

/** Where a pipe transport can be reached. */
export function endpointOf(transport: types.PipeTransport): PipeEndpoint {
  const { localAddress, localPort } = transport.tuple;
  return { ip: localAddress, port: localPort, srtpParameters: transport.srtpParameters };
}

const CryptoSuite = z.enum([
  'AEAD_AES_256_GCM',
  'AEAD_AES_128_GCM',
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
]);

/**
 * Points a pipe at its other end.
 * @throws PorticoError `bad_request` when the other end's encryption is unknown, `worker_lost`
 */
export async function connectPipeTransport(
  router: RoomRouter,
  transport: types.PipeTransport,
  { ip, port, srtpParameters }: RemoteEndpoint,
): Promise<void> {
  const cryptoSuite = parse(CryptoSuite, srtpParameters?.cryptoSuite, 'cryptoSuite');
  const keyBase64 = srtpParameters?.keyBase64 ?? '';
  await router.worker.run('connectPipe', () =>
    transport.connect({ ip, port, srtpParameters: { cryptoSuite, keyBase64 } }),
  );
}
