import type { EncodedPicture, Picture } from '../../../../mixer-agent/mix/media.ts';
import { TileDecoder, type TileDecoderOptions } from '../../../../mixer-agent/mix/video/tile-decoder.ts';
import { Starts } from '../../../../mixer-agent/mix/video/starts.ts';
import { until } from '../../../support/until.ts';

export const silentLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

type Settings = Partial<Pick<TileDecoderOptions, 'ffmpeg' | 'size' | 'fit' | 'background' | 'starts'>>;

/** A decoder whose pictures are kept. All tiles of a test are closed by `closeTiles`. */
export class Tile {
  readonly pictures: Picture[] = [];
  readonly times: number[] = [];
  keyFrameRequests = 0;
  readonly decoder: TileDecoder;

  constructor(settings: Settings = {}) {
    this.decoder = new TileDecoder({
      ffmpeg: 'ffmpeg',
      size: { width: 160, height: 90 },
      fit: 'letterbox',
      background: { r: 20, g: 40, b: 160 },
      log: silentLog,
      starts: new Starts(),
      onPicture: (picture, captureMs) => {
        this.pictures.push({ ...picture, data: picture.data.slice() });
        this.times.push(captureMs);
      },
      onKeyFrameNeeded: () => {
        this.keyFrameRequests += 1;
      },
      ...settings,
    });
    tiles.push(this);
  }

  /** Decodes a picture and waits until it is there. */
  async show(encoded: EncodedPicture): Promise<Picture> {
    this.decoder.decode(encoded);
    await until(() => this.times.at(-1) === encoded.captureMs, {
      what: `the picture of ${encoded.captureMs}`,
      timeoutMs: 15_000,
    });
    return this.pictures.at(-1)!;
  }
}

const tiles: Tile[] = [];

export async function closeTiles(): Promise<void> {
  await Promise.all(tiles.splice(0).map(({ decoder }) => decoder.close()));
}
