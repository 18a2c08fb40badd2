import wrtc from '@roamhq/wrtc';
import { Device, type types as client } from 'mediasoup-client';
import type { Direction } from '../../../../common/contract/client.ts';
import type { Kind } from '../../../../common/contract/media.ts';
import { Exchange, type Command, type Figure, type Message, type Question } from './peer-messages.ts';

/*
 * A real endpoint, libwebrtc behind mediasoup-client, in a process of its own: the native library aborts a process that
 * ends regularly, so its parent kills it.
 */
const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate, MediaStream, MediaStreamTrack } = wrtc;
const globals = { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate, MediaStream, MediaStreamTrack };
Object.assign(globalThis, globals);

const device = new Device({ handlerName: 'Chrome74' });
const transports: Partial<Record<Direction, client.Transport>> = {};
const timers: NodeJS.Timeout[] = [];
const exchange = new Exchange<Question, Command>((message) => process.send?.(message), obey);

process.on('message', (message) => {
  exchange.receive(message as Message<Command>);
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

async function obey(command: Command): Promise<unknown> {
  switch (command.do) {
    case 'load':
      await load(command);
      return undefined;
    case 'produce':
      return (await transport('send').produce({ track: trackOf(command) })).id;
    case 'consume':
      return (await transport('recv').consume(command.options as client.ConsumerOptions)).id;
    case 'received':
      return await received(command.kind, command.figure);
    case 'restartIce': {
      const iceParameters = command.iceParameters as client.IceParameters;
      await transport(command.direction).restartIce({ iceParameters });
      return undefined;
    }
    case 'hush':
      for (const timer of timers.splice(0)) clearInterval(timer);
      return undefined;
  }
}

const trackOf = ({ kind, still = false }: Extract<Command, { do: 'produce' }>): MediaStreamTrack =>
  kind === 'audio' ? tone() : picture(still);

function transport(direction: Direction): client.Transport {
  const made = transports[direction];
  if (made === undefined) throw new Error(`no ${direction} transport`);
  return made;
}

async function load({ rtpCapabilities, send, recv }: Extract<Command, { do: 'load' }>): Promise<void> {
  await device.load({ routerRtpCapabilities: rtpCapabilities as client.RtpCapabilities });
  if (send !== undefined) {
    transports.send = device.createSendTransport(send as client.TransportOptions);
    transports.send.on('produce', ({ kind, rtpParameters }, done, failed) => {
      exchange.ask({ ask: 'produce', kind, rtpParameters }).then((id) => {
        done({ id: String(id) });
      }, failed);
    });
  }
  if (recv !== undefined) transports.recv = device.createRecvTransport(recv as client.TransportOptions);
  for (const made of [transports.send, transports.recv]) {
    made?.on('connect', ({ dtlsParameters }, done, failed) => {
      exchange.ask({ ask: 'connect', direction: made.direction, dtlsParameters }).then(done, failed);
    });
  }
}

async function received(kind: Kind, figure: Figure): Promise<number> {
  let sum = 0;
  (await transport('recv').getStats()).forEach((stat: Record<string, unknown>) => {
    if (stat['type'] === 'inbound-rtp' && stat['kind'] === kind) sum += Number(stat[figure] ?? 0);
  });
  return sum;
}

/** 440 Hz, 48 kHz mono, in frames of 10 ms. */
function tone(): MediaStreamTrack {
  const source = new wrtc.nonstandard.RTCAudioSource();
  let position = 0;
  const frame = () => {
    const wave = (index: number) => 8_000 * Math.sin((2 * Math.PI * 440 * (position + index)) / 48_000);
    const samples = Int16Array.from({ length: 480 }, (_none, index) => wave(index));
    position += 480;
    source.onData({ samples, sampleRate: 48_000, bitsPerSample: 16, channelCount: 1, numberOfFrames: 480 });
  };
  timers.push(setInterval(frame, 10));
  return source.createTrack();
}

/** A moving grey ramp, 160x96, 15 frames a second. */
function picture(still: boolean): MediaStreamTrack {
  const [width, height] = [160, 96];
  const source = new wrtc.nonstandard.RTCVideoSource();
  const data = new Uint8Array(width * height * 1.5).fill(128);
  let step = 0;
  const frame = () => {
    step += 3;
    for (let index = 0; index < width * height; index += 1) data[index] = (index + step) & 255;
    source.onFrame({ width, height, data });
  };
  if (!still) timers.push(setInterval(frame, 66));
  return source.createTrack();
}
