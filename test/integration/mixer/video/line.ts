import { i420Bytes, type MixCodec, type Picture, type Size } from '../../../../mixer-agent/mix/media.ts';
import { EncoderLine, type EncoderLineSettings } from '../../../../mixer-agent/mix/video/encoder-line.ts';
import type { EncodedTick } from '../../../../mixer-agent/mix/video/encoder.ts';
import { until } from '../../../support/until.ts';
import { silentLog } from './tile.ts';

type Settings = Partial<EncoderLineSettings> & { codec?: MixCodec; ffmpeg?: string; input?: Size };

/** A picture of one colour (Y, U, V) with noise in its luma, so that it costs bits. */
export function noisyPicture({ width, height }: Size, seed: number, [y, u, v] = [120, 90, 170]): Picture {
  const data = new Uint8Array(i420Bytes({ width, height }));
  let state = seed + 1;
  for (let at = 0; at < width * height; at += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    data[at] = y + ((state >> 16) % 24);
  }
  data.fill(u, width * height, (width * height * 5) / 4);
  data.fill(v, (width * height * 5) / 4);
  return { width, height, data };
}

/** An encoder line whose frames are kept. All lines of a test are closed by `closeLines`. */
export class Line {
  readonly frames: EncodedTick[] = [];
  readonly taken: number[] = [];
  readonly line: EncoderLine;
  tick = 0;

  constructor(settings: Settings = {}) {
    this.line = new EncoderLine({
      ffmpeg: 'ffmpeg',
      codec: 'vp8',
      size: { width: 320, height: 180 },
      framerate: 25,
      bitrate: 400,
      log: silentLog,
      onPicture: (picture) => {
        this.frames.push(picture);
      },
      ...settings,
    });
    lines.push(this);
  }

  /** The next tick. */
  put(picture: Picture, key = false): void {
    if (this.line.encode(picture, this.tick, key)) this.taken.push(this.tick);
    this.tick += 1;
  }

  /** The next tick; waits until its frame is there. */
  async pass(picture: Picture, key = false): Promise<EncodedTick> {
    const { tick } = this;
    this.put(picture, key);
    return await until(() => this.frames.find((frame) => frame.tick === tick), {
      what: `the frame of tick ${tick}`,
      timeoutMs: 15_000,
    });
  }

  /** Ticks every 20 ms; give the result to `clearInterval`. */
  play(picture: Picture): NodeJS.Timeout {
    return setInterval(() => {
      this.put(picture);
    }, 20);
  }

  /** Frames after so many that are there now. */
  async more(count: number): Promise<void> {
    const wanted = this.frames.length + count;
    await until(() => this.frames.length >= wanted, { what: `${count} more frames`, timeoutMs: 20_000 });
  }
}

const lines: Line[] = [];

export async function closeLines(): Promise<void> {
  await Promise.all(lines.splice(0).map(({ line }) => line.close()));
}
