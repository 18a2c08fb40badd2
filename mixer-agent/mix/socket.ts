import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Room for the bursts of all inputs while this process is busy; the system gives what it allows. */
const bufferBytes = 4 * 1024 * 1024;

export interface MixSocketOptions {
  /** 0: any. */
  port: number;
  router: { ip: string; port: number };
  onPacket: (packet: Uint8Array) => void;
}

/** The way of all RTP of a mix: from and to its plain transport, and nobody else (the socket is connected). */
export class MixSocket {
  readonly #socket: Socket;
  readonly port: number;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
  }

  /** @throws when the port is taken */
  static async open({ port, router, onPacket }: MixSocketOptions): Promise<MixSocket> {
    const socket = createSocket('udp4');
    socket.bind({ port, address: '127.0.0.1', exclusive: true });
    await once(socket, 'listening');
    socket.connect(router.port, router.ip);
    await once(socket, 'connect');
    // The router may be gone (ECONNREFUSED): its agent ends this process then.
    socket.on('error', () => undefined);
    socket.on('message', onPacket);
    grow(socket);
    return new MixSocket(socket);
  }

  send(packet: Uint8Array): void {
    this.#socket.send(packet);
  }

  close(): void {
    this.#socket.close();
  }
}

function grow(socket: Socket): void {
  try {
    socket.setRecvBufferSize(bufferBytes);
    socket.setSendBufferSize(bufferBytes);
  } catch {
    // Smaller ones do, too.
  }
}
