import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Fonts by what they are for. */
const files = {
  name: 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
  initials: 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf',
} as const;
export type FontName = keyof typeof files;

export const fontFile = (name: FontName): string => fileURLToPath(import.meta.resolve(files[name]));

/** Height of capital letters, in parts of the font size. */
export const capHeight = 0.729;

interface Tables {
  cmap: number;
  head: number;
  hhea: number;
  hmtx: number;
}

/**
 * What of a TrueType font is needed to know beforehand how wide a text will be, and which characters it has (OpenType 1.9:
 * `cmap` format 12, `hmtx`). Drawing is left to FFmpeg.
 */
export class Font {
  readonly #view: DataView;
  readonly #groups: number;
  readonly #groupCount: number;
  readonly #metrics: number;
  readonly #metricCount: number;
  readonly #unitsPerEm: number;

  /** @param data a TrueType file with a Unicode character map of format 12 */
  constructor(data: Uint8Array) {
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const tables = this.#tables();
    const map = this.#fullMap(tables.cmap);
    this.#groupCount = this.#view.getUint32(map + 12);
    this.#groups = map + 16;
    this.#metrics = tables.hmtx;
    this.#metricCount = this.#view.getUint16(tables.hhea + 34);
    this.#unitsPerEm = this.#view.getUint16(tables.head + 18);
  }

  #tables(): Tables {
    const found: Record<string, number> = {};
    for (let index = 0; index < this.#view.getUint16(4); index += 1) {
      const entry = 12 + 16 * index;
      const tag = String.fromCharCode(...[0, 1, 2, 3].map((byte) => this.#view.getUint8(entry + byte)));
      found[tag] = this.#view.getUint32(entry + 8);
    }
    const { cmap, head, hhea, hmtx } = found;
    if (cmap === undefined || head === undefined || hhea === undefined || hmtx === undefined) {
      throw new Error('not a TrueType font: a table is missing');
    }
    return { cmap, head, hhea, hmtx };
  }

  #fullMap(cmap: number): number {
    for (let index = 0; index < this.#view.getUint16(cmap + 2); index += 1) {
      const map = cmap + this.#view.getUint32(cmap + 8 + 8 * index);
      if (this.#view.getUint16(map) === 12) return map;
    }
    throw new Error('the font has no character map of format 12');
  }

  /** 0: none. */
  #glyph(codePoint: number): number {
    let [low, high] = [0, this.#groupCount - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const group = this.#groups + 12 * middle;
      const start = this.#view.getUint32(group);
      if (codePoint < start) high = middle - 1;
      else if (codePoint > this.#view.getUint32(group + 4)) low = middle + 1;
      else return this.#view.getUint32(group + 8) + codePoint - start;
    }
    return 0;
  }

  has(codePoint: number): boolean {
    return this.#glyph(codePoint) !== 0;
  }

  /** Pixels that a character takes at a font size; those of the box that stands for it when the font has none. */
  advance(codePoint: number, size: number): number {
    const metric = this.#metrics + 4 * Math.min(this.#glyph(codePoint), this.#metricCount - 1);
    const exact = (this.#view.getUint16(metric) * size) / this.#unitsPerEm;
    // Drawn letters stand on whole pixels.
    return Math.max(exact, Math.round(exact));
  }

  /** Pixels that a text takes, rather a little too many. */
  width(text: string, size: number): number {
    let sum = 0;
    for (const character of text) sum += this.advance(character.codePointAt(0) ?? 0, size);
    return Math.ceil(sum);
  }
}

const loaded = new Map<FontName, Font>();

export function fontOf(name: FontName): Font {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const font = new Font(readFileSync(fontFile(name)));
  loaded.set(name, font);
  return font;
}
