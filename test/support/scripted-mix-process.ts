import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import process from 'node:process';
import type { EngineCommand, EngineSaid } from '../../mixer-agent/process/engine-words.ts';
import type { MixStart, MixWords, ProcessSpec, RtpPosition } from '../../mixer-agent/mix/protocol.ts';

/*
 * A mix process without a mix: speaks the protocol, sends small packets for each output, counts what it receives, and tells
 * all of it to the test that named a UDP port in SCRIPTED_MIX. The test can make it misbehave.
 */

/** What the test hears. */
export interface ScriptedNews {
  pid: number;
  event: 'idle' | 'start' | 'apply' | 'counts' | 'close';
  command?: MixStart;
  spec?: ProcessSpec;
  /** RTP packets by SSRC. */
  received?: Record<number, number>;
  /** VP8 key frames among them. */
  keyPictures?: Record<number, number>;
  /** Key frames asked for of what it sends, by SSRC. */
  keyFrames?: Record<number, number>;
}

/** What the test says: no word any more, or ask for a key frame. */
export type ScriptedOrder = { do: 'hang' } | { do: 'askKeyFrame'; ssrc: number };

const watcher = Number(process.env['SCRIPTED_MIX']);
const control = createSocket('udp4');
control.bind(0, '127.0.0.1');
await once(control, 'listening');
const report = (news: Omit<ScriptedNews, 'pid'>): void => {
  control.send(JSON.stringify({ pid: process.pid, ...news }), watcher, '127.0.0.1');
};
let silent = false;
const tell = (news: EngineSaid<MixWords>): void => {
  if (!silent) process.send?.(news);
};

const socket = createSocket('udp4');
const received: Record<number, number> = {};
const keyPictures: Record<number, number> = {};
const keyFrames: Record<number, number> = {};
const positions = new Map<number, RtpPosition>();
let spec: ProcessSpec | undefined;
let router = { ip: '', port: 0 };

function header(ssrc: number, payloadType: number, step: number): Buffer {
  const known = positions.get(ssrc);
  const sequence = known?.sequence ?? 1_000;
  const timestamp = known?.timestamp ?? 0;
  const packet = Buffer.alloc(12);
  packet[0] = 0x80;
  packet[1] = payloadType;
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(timestamp, 4);
  packet.writeUInt32BE(ssrc, 8);
  const next = { sequence: (sequence + 1) & 0xffff, timestamp: (timestamp + step) >>> 0 };
  positions.set(ssrc, { ssrc, ...next, at: Date.now() });
  return packet;
}

/** A VP8 key frame of 320x240 without content (RFC 7741, RFC 6386 9.1), and Opus silence (RFC 6716). */
const picture = Buffer.from([0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00, 1, 2, 3]);
const silence = Buffer.from([0xf8, 0xff, 0xfe]);

function send(): void {
  if (silent || spec === undefined) return;
  const packets = [
    ...spec.outputs.audio.map(({ ssrc, payloadType }) =>
      Buffer.concat([header(ssrc, payloadType, 960), silence]),
    ),
    ...spec.outputs.video.map(({ ssrc, payloadType }) => {
      const head = header(ssrc, payloadType, 1_800);
      head[1] = payloadType | 0x80;
      return Buffer.concat([head, picture]);
    }),
  ];
  for (const packet of packets) socket.send(packet, router.port, router.ip);
}

/** RTCP in RTP's place has payload types 64 to 95 (RFC 5761); of feedback the SSRC it is about comes last. */
function take(packet: Buffer): void {
  const type = packet[1] ?? 0;
  if ((type & 0x7f) >= 64 && (type & 0x7f) < 96) {
    for (let at = 0; at + 12 <= packet.length; at += 4 * (packet.readUInt16BE(at + 2) + 1)) {
      const isPli = packet[at + 1] === 206 && ((packet[at] ?? 0) & 0x1f) === 1;
      if (isPli) count(keyFrames, packet.readUInt32BE(at + 8));
    }
    return;
  }
  const ssrc = packet.readUInt32BE(8);
  count(received, ssrc);
  if ((type & 0x7f) === 96 && beginsKeyFrame(payloadOf(packet))) count(keyPictures, ssrc);
}

/** Behind CSRCs and header extension (RFC 3550, 5.1 and 5.3.1). */
function payloadOf(packet: Buffer): Buffer {
  const first = packet[0] ?? 0;
  const at = 12 + 4 * (first & 0x0f);
  return packet.subarray((first & 0x10) === 0 ? at : at + 4 + 4 * packet.readUInt16BE(at + 2));
}

/** Whether a VP8 payload (RFC 7741, 4.2 and 4.3) is the beginning of a key frame. */
function beginsKeyFrame(payload: Buffer): boolean {
  const first = payload[0] ?? 0;
  let at = 1;
  if ((first & 0x80) !== 0) {
    const extended = payload[at] ?? 0;
    at += 1;
    if ((extended & 0x80) !== 0) at += ((payload[at] ?? 0) & 0x80) === 0 ? 1 : 2;
    if ((extended & 0x40) !== 0) at += 1;
    if ((extended & 0x30) !== 0) at += 1;
  }
  return (first & 0x17) === 0x10 && ((payload[at] ?? 1) & 0x01) === 0;
}

const count = (counts: Record<number, number>, ssrc: number): void => {
  counts[ssrc] = (counts[ssrc] ?? 0) + 1;
};

async function start(command: MixStart): Promise<void> {
  report({ event: 'start', command, spec: command.spec });
  ({ router, spec } = command);
  // Ahead of whatever the one before has sent since it told.
  for (const known of command.positions) {
    positions.set(known.ssrc, { ...known, sequence: (known.sequence + 500) & 0xffff });
  }
  socket.on('message', take);
  socket.bind(command.port, '127.0.0.1');
  await once(socket, 'listening');
  tell({ type: 'started', port: socket.address().port });
  setInterval(send, 20);
  setInterval(() => {
    tell({ type: 'progress', positions: [...positions.values()] });
    if (!silent) report({ event: 'counts', received, keyPictures, keyFrames });
  }, 50);
  setInterval(measure, 100);
}

function measure(): void {
  const none = { p50: 0, p95: 0 };
  const counts = { lateTicks: 1, skipped: 2, decoderRestarts: 3, encoderRestarts: 4 };
  const cpu = Number(process.env['SCRIPTED_MIX_CPU'] ?? 0.01);
  const figures = { framerate: 24, composeMs: { p50: 1, p95: 2 }, delayMs: none, loss: 0, cpu };
  tell({ type: 'measure', measure: { decoding: 0, ...counts, ...figures } });
}

process.on('message', (command: EngineCommand<MixWords>) => {
  if (silent) return;
  if (command.type === 'start') void start(command);
  else if (command.type === 'apply') {
    spec = command.spec;
    report({ event: 'apply', spec });
  } else {
    report({ event: 'close' });
    process.disconnect();
  }
});
process.on('disconnect', () => process.exit(0));
control.on('message', (text) => {
  const order = JSON.parse(text.toString()) as ScriptedOrder;
  if (order.do === 'hang') silent = true;
  else tell({ type: 'keyFrame', ssrc: order.ssrc });
});
if (process.env['SCRIPTED_MIX_DIES'] === '1') process.exit(1);
tell({ type: 'idle' });
report({ event: 'idle' });
