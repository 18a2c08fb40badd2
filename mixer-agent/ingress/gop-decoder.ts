import { fourccs, ivfFrameHeader, ivfHeader } from '../ffmpeg/ivf.ts';
import { NutReader } from '../ffmpeg/nut.ts';
import { decoderTimebase } from '../ffmpeg/decoder-arguments.ts';
import { gopDecoderArguments } from './decoder-arguments.ts';
import { MediaChild } from './media-child.ts';
import type { VideoPlan } from './plan.ts';
import type { SourceUnit } from './track-line.ts';

export interface GopDecoderOptions {
  ffmpeg: string;
  plan: Pick<VideoPlan, 'codec' | 'size'>;
  /** So many of its first pictures are only needed to decode the others. */
  skip: number;
  allocate: (bytes: number) => Uint8Array;
  /** @param time timestamp of its unit, ms */
  onPicture: (data: Uint8Array, time: number) => void;
  /** It died. */
  onEnd: (why: string) => void;
}

/** Timestamps of units whose pictures are still to come. */
const remembered = 1_024;

/** Decodes a group of pictures from its key frame on, as fast as it can. */
export class GopDecoder {
  readonly #child: MediaChild;
  readonly #times = new Float64Array(remembered);
  #fed = 0;

  constructor({ ffmpeg, plan, skip, allocate, onPicture, onEnd }: GopDecoderOptions) {
    const reader = new NutReader({
      timebase: decoderTimebase,
      allocate,
      onFrame: (data, number) => {
        onPicture(data, this.#times[number % remembered] ?? 0);
      },
    });
    this.#child = new MediaChild({
      ffmpeg,
      args: gopDecoderArguments(plan, skip),
      fed: true,
      onOutput: (chunk) => {
        reader.push(chunk);
      },
      onEnd: ({ complaints }) => {
        onEnd(complaints.at(-1) ?? 'their decoder died');
      },
    });
    const { codec, size } = plan;
    this.#child.write(ivfHeader({ fourcc: fourccs[codec], size, timebase: decoderTimebase }));
  }

  /** Bytes that it has not yet taken. */
  get waiting(): number {
    return this.#child.waiting;
  }

  /** The next unit; the first one is a key frame. */
  feed({ data, time }: SourceUnit): void {
    this.#times[this.#fed % remembered] = time;
    this.#child.write(ivfFrameHeader(data.length, this.#fed));
    this.#child.write(data);
    this.#fed += 1;
  }

  close(): void {
    void this.#child.close();
  }
}
