import type { Picture, Size } from '../media.ts';
import { plain } from './i420.ts';

/**
 * Something translucent that is put on pictures again and again. What it does to each sample is worked out once:
 * `sample * keep + add`, both in 1/256.
 */
export class Sticker implements Size {
  readonly width: number;
  readonly height: number;
  readonly #keep: Uint16Array;
  readonly #add: Uint16Array;

  /**
   * @param size even
   * @param draw paints the sticker on a picture of its size, whatever is there already
   */
  constructor({ width, height }: Size, draw: (picture: Picture) => void) {
    this.width = width;
    this.height = height;
    const [dark, bright] = [0, 255].map((level) => {
      const picture = plain({ width, height }, { y: level, u: level, v: level });
      draw(picture);
      return picture.data;
    }) as [Uint8Array, Uint8Array];
    this.#keep = new Uint16Array(dark.length);
    this.#add = new Uint16Array(dark.length);
    for (let index = 0; index < dark.length; index += 1) {
      const low = dark[index] as number;
      const keep = Math.round((((bright[index] as number) - low) * 256) / 255);
      this.#keep[index] = keep;
      this.#add[index] = low * 256 + (keep === 256 ? 0 : 128);
    }
  }

  /** Puts it on a canvas. Place even, wholly inside. */
  apply(canvas: Picture, left: number, top: number): void {
    const { width, height } = this;
    const area = width * height;
    const canvasArea = canvas.width * canvas.height;
    this.#plane(canvas.data, { from: 0, to: top * canvas.width + left, width, height, stride: canvas.width });
    const stride = canvas.width >> 1;
    const to = canvasArea + (top >> 1) * stride + (left >> 1);
    const half = { width: width >> 1, height: height >> 1, stride };
    this.#plane(canvas.data, { ...half, from: area, to });
    this.#plane(canvas.data, { ...half, from: area + (area >> 2), to: to + (canvasArea >> 2) });
  }

  #plane(
    data: Uint8Array,
    { from, to, width, height, stride }: Size & { from: number; to: number; stride: number },
  ): void {
    const keep = this.#keep;
    const add = this.#add;
    for (let row = 0; row < height; row += 1) {
      let source = from + row * width;
      let target = to + row * stride;
      for (const end = source + width; source < end; source += 1, target += 1) {
        data[target] = ((data[target] as number) * (keep[source] as number) + (add[source] as number)) >> 8;
      }
    }
  }
}
