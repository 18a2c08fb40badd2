import type { MediaUnit, Tracks } from '../unit.ts';
import { withoutDelimiter } from '../headers/av1.ts';
import { withLengths } from '../headers/h264.ts';
import { ebmlSize } from './ebml.ts';
import { type HeaderOptions, matroskaHeader, trackNumbers } from './header.ts';

/** Times in a cluster have 16 bits with a sign. */
const maxRelativeMs = 32_000;

export interface WriterOptions extends HeaderOptions {
  /** Longest time from the first to the last block of a cluster, ms. */
  clusterMs?: number;
  /** Units are as a Matroska file has them already. */
  stored?: boolean;
}

/**
 * Matroska as it is made live: nothing is ever written again, and whatever is there of it can be read. Units may come in
 * any order of kinds.
 */
export class MatroskaWriter {
  readonly #options: WriterOptions;
  readonly #clusterMs: number;
  /** Time of the cluster, ms; undefined: none is open. */
  #cluster: number | undefined;
  #hasVideo = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#clusterMs = Math.min(options.clusterMs ?? 1_000, maxRelativeMs);
  }

  get tracks(): Tracks {
    return this.#options.tracks;
  }

  header(): Uint8Array {
    return matroskaHeader(this.#options);
  }

  /** Gives the bytes of a unit to `write`, in pieces: a cluster's beginning if one is due, a block's beginning, its data. */
  unit(unit: MediaUnit, write: (bytes: Uint8Array) => void): void {
    const time = Math.max(0, Math.round(unit.timeMs));
    if (this.#isDue(unit, time)) {
      this.#cluster = time;
      this.#hasVideo = false;
      write(clusterHeader(time));
    }
    if (unit.kind === 'video') this.#hasVideo = true;
    const data = this.#dataOf(unit);
    write(blockHeader(unit, time - (this.#cluster ?? 0), data.length));
    write(data);
  }

  /** Key frames of pictures begin a cluster, so that players find them. */
  #isDue({ kind, key }: MediaUnit, time: number): boolean {
    if (this.#cluster === undefined) return true;
    const age = time - this.#cluster;
    if (kind === 'video' && key && this.#hasVideo) return true;
    return age >= this.#clusterMs || age < -maxRelativeMs;
  }

  #dataOf({ kind, data }: MediaUnit): Uint8Array {
    if (this.#options.stored === true) return data;
    const codec = kind === 'video' ? this.tracks.video?.codec : undefined;
    if (codec === 'h264') return withLengths(data);
    return codec === 'av1' ? withoutDelimiter(data) : data;
  }
}

function clusterHeader(time: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4 + 8 + 2 + 8);
  bytes.writeUInt32BE(0x1f43b675, 0);
  bytes.writeUInt32BE(0x01ffffff, 4);
  bytes.writeUInt32BE(0xffffffff, 8);
  bytes.writeUInt16BE(0xe788, 12);
  bytes.writeUInt32BE(Math.floor(time / 2 ** 32), 14);
  bytes.writeUInt32BE(time % 2 ** 32, 18);
  return bytes;
}

const simpleBlock = 0xa3;

function blockHeader({ kind, key }: MediaUnit, relativeMs: number, bytes: number): Uint8Array {
  const size = ebmlSize(bytes + 4);
  const header = Buffer.allocUnsafe(1 + size.length + 4);
  header[0] = simpleBlock;
  header.set(size, 1);
  const at = 1 + size.length;
  header[at] = 0x80 | trackNumbers[kind];
  header.writeInt16BE(relativeMs, at + 1);
  header[at + 3] = key ? 0x80 : 0;
  return header;
}
