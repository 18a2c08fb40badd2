import { Device } from 'mediasoup-client';
import { Conference } from '../../client/sdk/index.ts';
import { BareClient } from './bare/client.ts';
import { installWebRtc, rampTrack, toneTrack } from './wrtc-media.ts';

/*
 * A room full of real peers (libwebrtc) in a process of its own: everybody sends sound, the first two also video, and
 * everybody receives everything. Run by the benchmark: `node test/bench/peers.ts bare <url> <count>` or
 * `node test/bench/peers.ts portico <count>` with one token a line on standard input. Prints `flowing` when all is received.
 */
installWebRtc();
const [kind, ...rest] = process.argv.slice(2);
const videos = 2;
const received = { tracks: 0 };

function expected(count: number): number {
  return count * (count - 1) + videos * (count - 1);
}

async function bare(url: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const client = new BareClient(url, new Device({ handlerName: 'Chrome74' }));
    const take = async (producerId: string) => {
      await client.consume(producerId);
      received.tracks += 1;
    };
    // One after the other: every consume renegotiates the same connection.
    let queue = Promise.resolve();
    const enqueue = (producerId: string) => {
      queue = queue.then(() => take(producerId));
    };
    await client.join();
    client.socket.on('producer', enqueue);
    for (const producerId of client.producers) enqueue(producerId);
    await client.produce({ track: toneTrack() });
    if (index < videos) await client.produce({ track: rampTrack() });
  }
}

async function portico(tokens: string[]): Promise<void> {
  for (const [index, token] of tokens.entries()) {
    const conference = new Conference({ mediasoup: { handlerName: 'Chrome74' } });
    const take = async (id: string) => {
      const subscription = await conference.subscribe(id);
      received.tracks += subscription.mediaStream.getTracks().length;
    };
    conference.on('streamAdded', ({ stream }) => void take(stream.id));
    await conference.join(token);
    for (const id of conference.streams.keys()) void take(id);
    const stream = index < videos ? { audio: toneTrack(), video: rampTrack() } : { audio: toneTrack() };
    await conference.publish(stream, { video: { simulcast: false } });
  }
}

async function standardInput(): Promise<string[]> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text.split('\n').filter((line) => line !== '');
}

let count: number;
if (kind === 'bare') {
  const [url = '', size = '0'] = rest;
  count = Number(size);
  await bare(url, count);
} else {
  const tokens = await standardInput();
  count = tokens.length;
  await portico(tokens);
}
const poll = setInterval(() => {
  if (received.tracks < expected(count)) return;
  clearInterval(poll);
  process.stdout.write('flowing\n');
}, 100);
