import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

interface Reader {
  readonly socket: Socket;
  /** How each track is sent: its even channel, or the client's UDP port; undefined: not wanted. */
  readonly ways: ({ channel: number } | { port: number } | undefined)[];
  playing: boolean;
}

/** An RTSP server of one file (RFC 2326): FFmpeg plays it as RTP, and this passes the packets on, interleaved or by UDP. */
export class RtspServer {
  readonly #server: Server;
  readonly #inputs: UdpSocket[];
  readonly #player: ChildProcess;
  readonly #sdp: string;
  readonly #readers = new Set<Reader>();
  readonly #udp = createSocket('udp4');
  /** Wrong passwords are refused. */
  readonly #login: string;

  /** @param port of before, when it comes back */
  static async start(file: string, login = '', port = 0): Promise<RtspServer> {
    const inputs = [createSocket('udp4'), createSocket('udp4')];
    const ports: number[] = [];
    for (const input of inputs) {
      input.bind(0, '127.0.0.1');
      await once(input, 'listening');
      ports.push(input.address().port);
    }
    const out = (port: number | undefined) => `rtp://127.0.0.1:${port ?? 0}?pkt_size=1200`;
    const player = spawn(
      'ffmpeg',
      [
        ...['-v', 'error', '-re', '-stream_loop', '-1', '-i', file],
        ...['-map', '0:v', '-c', 'copy', '-f', 'rtp', out(ports[0])],
        ...['-map', '0:a', '-c', 'copy', '-f', 'rtp', out(ports[1]), '-sdp_file', 'pipe:1'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let sdp = '';
    for await (const chunk of player.stdout) {
      sdp += String(chunk);
      if ((sdp.match(/a=rtpmap/g) ?? []).length === 2 && sdp.endsWith('\n')) break;
    }
    const server = createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new RtspServer({ server, inputs, player, sdp, login });
  }

  private constructor(parts: {
    server: Server;
    inputs: UdpSocket[];
    player: ChildProcess;
    sdp: string;
    login: string;
  }) {
    this.#server = parts.server;
    this.#inputs = parts.inputs;
    this.#player = parts.player;
    this.#login = parts.login;
    this.#sdp = described(parts.sdp);
    this.#udp.bind(0, '127.0.0.1');
    this.#server.on('connection', (socket) => {
      this.#accept(socket);
    });
    for (const [track, input] of parts.inputs.entries()) {
      input.on('message', (packet) => {
        this.#pass(track, packet);
      });
    }
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  }

  get url(): string {
    const login = this.#login === '' ? '' : `${this.#login}@`;
    return `rtsp://${login}127.0.0.1:${this.port}/camera`;
  }

  /** Every client loses its connection; it may come again. */
  drop(): void {
    for (const { socket } of this.#readers) socket.destroy();
    this.#readers.clear();
  }

  close(): void {
    this.#player.kill('SIGKILL');
    this.drop();
    this.#server.close();
    for (const socket of [...this.#inputs, this.#udp]) socket.close();
  }

  #accept(socket: Socket): void {
    const reader: Reader = { socket, ways: [], playing: false };
    let text = '';
    socket.on('error', () => undefined);
    socket.on('close', () => this.#readers.delete(reader));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        // What the client says about what it gets (RTCP, interleaved) stands before it.
        const request = text.slice(Math.max(0, text.slice(0, end).search(/[A-Z]+ rtsp:/)), end);
        text = text.slice(end + 4);
        this.#answer(reader, request);
      }
    });
    this.#readers.add(reader);
  }

  #answer(reader: Reader, request: string): void {
    const [method = '', url = ''] = request.split(' ');
    const header = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(request)?.[1]?.trim();
    const basic = `Basic ${Buffer.from(this.#login).toString('base64')}`;
    const reply = (status: string, lines: string[] = [], body = '') => {
      const all = [`RTSP/1.0 ${status}`, `CSeq: ${header('CSeq') ?? ''}`, 'Session: 1', ...lines];
      reader.socket.write(`${all.join('\r\n')}\r\n\r\n${body}`);
    };
    if (this.#login !== '' && method !== 'OPTIONS' && header('Authorization') !== basic) {
      reply('401 Unauthorized', ['WWW-Authenticate: Basic realm="camera"']);
    } else if (!/\/camera(\/|$)/.test(url)) {
      reply('404 Not Found');
    } else if (method === 'DESCRIBE') {
      const lines = ['Content-Type: application/sdp', `Content-Length: ${this.#sdp.length}`];
      reply('200 OK', [...lines, `Content-Base: ${url}/`], this.#sdp);
    } else if (method === 'SETUP') {
      reply('200 OK', [`Transport: ${this.#setUp(reader, url, header('Transport') ?? '')}`]);
    } else {
      reader.playing ||= method === 'PLAY';
      reply('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN']);
      if (method === 'TEARDOWN') reader.socket.end();
    }
  }

  #setUp({ ways }: Reader, url: string, transport: string): string {
    const track = Number(url.at(-1));
    const channel = /interleaved=(\d+)/.exec(transport)?.[1];
    const port = /client_port=(\d+)/.exec(transport)?.[1];
    ways[track] = channel === undefined ? { port: Number(port) } : { channel: Number(channel) };
    const { port: own } = this.#udp.address();
    return channel === undefined ? `${transport};server_port=${own}-${own + 1}` : transport;
  }

  #pass(track: number, packet: Buffer): void {
    for (const { playing, ways, socket } of this.#readers) {
      const way = ways[track];
      if (!playing || way === undefined) continue;
      if ('port' in way) {
        this.#udp.send(packet, way.port, '127.0.0.1');
        continue;
      }
      const head = Buffer.from([0x24, way.channel, packet.length >> 8, packet.length & 0xff]);
      socket.write(Buffer.concat([head, packet]));
    }
  }
}

/** FFmpeg's description with a name for each track. */
function described(sdp: string): string {
  let track = 0;
  const lines = sdp.slice(sdp.indexOf('v=0')).split(/\r?\n/);
  const named = lines.flatMap((line) => {
    if (!line.startsWith('m=')) return [line];
    track += 1;
    return [line.replace(/^(m=\w+) \d+/, '$1 0'), `a=control:track${track - 1}`];
  });
  return named.join('\r\n');
}
