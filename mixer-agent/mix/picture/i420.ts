import { i420Bytes, type Picture, type Rectangle, type Size } from '../media.ts';
import type { Yuv } from './colour.ts';

/** A picture of one colour. */
export function plain({ width, height }: Size, colour: Yuv): Picture {
  const picture = { width, height, data: new Uint8Array(i420Bytes({ width, height })) };
  fill(picture, { left: 0, top: 0, width, height }, colour);
  return picture;
}

/** Fills a part of a picture; all sides even and inside. */
export function fill({ width, height, data }: Picture, area: Rectangle, { y, u, v }: Yuv): void {
  const { left, top } = area;
  for (let row = top; row < top + area.height; row += 1) {
    data.fill(y, row * width + left, row * width + left + area.width);
  }
  const stride = width >> 1;
  const chroma = width * height;
  const quarter = chroma >> 2;
  for (let row = top >> 1; row < (top + area.height) >> 1; row += 1) {
    const at = chroma + row * stride + (left >> 1);
    data.fill(u, at, at + (area.width >> 1));
    data.fill(v, at + quarter, at + quarter + (area.width >> 1));
  }
}

/** Rows of one plane into another. */
function copyPlane(
  source: Uint8Array,
  target: Uint8Array,
  rows: { from: number; to: number; length: number; stride: number; count: number },
): void {
  let { from, to } = rows;
  if (rows.length === rows.stride) {
    target.set(source.subarray(from, from + rows.length * rows.count), to);
    return;
  }
  for (let row = 0; row < rows.count; row += 1) {
    target.set(source.subarray(from, from + rows.length), to);
    from += rows.length;
    to += rows.stride;
  }
}

/** Copies a whole picture to an even place inside a canvas. */
export function copyTo(canvas: Picture, picture: Picture, left: number, top: number): void {
  const { width, height } = picture;
  const size = width * height;
  const canvasSize = canvas.width * canvas.height;
  copyPlane(picture.data, canvas.data, {
    from: 0,
    to: top * canvas.width + left,
    length: width,
    stride: canvas.width,
    count: height,
  });
  const stride = canvas.width >> 1;
  const chroma = { length: width >> 1, stride, count: height >> 1 };
  const to = canvasSize + (top >> 1) * stride + (left >> 1);
  copyPlane(picture.data, canvas.data, { ...chroma, from: size, to });
  copyPlane(picture.data, canvas.data, {
    ...chroma,
    from: size + (size >> 2),
    to: to + (canvasSize >> 2),
  });
}

/** A frame inside the edge of an area. Width even. */
export function frame(
  canvas: Picture,
  area: Rectangle,
  { width, colour }: { width: number; colour: Yuv },
): void {
  const { left, top } = area;
  const across = Math.min(width, area.width);
  const down = Math.min(width, area.height);
  fill(canvas, { left, top, width: area.width, height: down }, colour);
  fill(canvas, { left, top: top + area.height - down, width: area.width, height: down }, colour);
  fill(canvas, { left, top, width: across, height: area.height }, colour);
  fill(canvas, { left: left + area.width - across, top, width: across, height: area.height }, colour);
}
