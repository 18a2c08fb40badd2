import type { Size } from '../mix/media.ts';

/*
 * IVF: a header, then frames, each with its size before it. FFmpeg reads a frame the moment that its last byte is there,
 * whatever the codec; a frame of H.264 in Annex B would have to wait for the beginning of the next one.
 */

/** Names of codecs in IVF. FFmpeg takes any that is registered for AVI: H.264 (Annex B) and raw pictures, too. */
export const fourccs = { vp8: 'VP80', vp9: 'VP90', av1: 'AV01', h264: 'H264', raw: 'I420' } as const;

/** @param timebase units of a second in which frames say their time */
export function ivfHeader({
  fourcc,
  size,
  timebase,
}: {
  fourcc: string;
  size: Size;
  timebase: number;
}): Buffer {
  const header = Buffer.alloc(32);
  header.write('DKIF', 0, 'latin1');
  header.writeUInt16LE(32, 6);
  header.write(fourcc, 8, 'latin1');
  header.writeUInt16LE(size.width, 12);
  header.writeUInt16LE(size.height, 14);
  header.writeUInt32LE(timebase, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

/** What stands before each frame: its bytes, and its time in units of the time base. */
export function ivfFrameHeader(bytes: number, time: number): Buffer {
  const header = Buffer.allocUnsafe(12);
  header.writeUInt32LE(bytes, 0);
  header.writeUInt32LE(time % 2 ** 32, 4);
  header.writeUInt32LE(Math.floor(time / 2 ** 32), 8);
  return header;
}
