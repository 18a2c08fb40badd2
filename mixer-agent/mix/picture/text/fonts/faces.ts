import { readFileSync } from 'node:fs';
import { Blob, BufferFlag, Buffer as ShapeBuffer, Direction, Face, Font, shape, Variation } from 'harfbuzzjs';
import { fromWoff2 } from './woff2.ts';

/** A glyph of a shaped text, in parts of the font size, y upwards. */
export interface Glyph {
  /** In its font. */
  id: number;
  advance: number;
  x: number;
  y: number;
}

/** Of an outline; y upwards, in parts of the font size. */
export interface PathStep {
  readonly type: string;
  readonly values: readonly number[];
}

export interface FaceOptions {
  path: string;
  /** A variable font has the axis `wght`. */
  weight: number | undefined;
}

/** A font of one weight: shapes and draws text (HarfBuzz). */
export class FontFace {
  readonly #font: Font;
  readonly #unitsPerEm: number;
  readonly #has: ReadonlySet<number>;
  readonly #outlines = new Map<number, readonly PathStep[]>();

  /** @throws Error the file is no font */
  constructor({ path, weight }: FaceOptions) {
    const file = readFileSync(path);
    const face = new Face(new Blob(path.endsWith('.woff2') ? fromWoff2(file) : new Uint8Array(file)));
    this.#font = new Font(face);
    this.#unitsPerEm = face.upem;
    this.#has = new Set(face.collectUnicodes());
    if (weight !== undefined) this.#font.setVariations([new Variation('wght', weight)]);
  }

  has(codePoint: number): boolean {
    return this.#has.has(codePoint);
  }

  /** Glyphs from left to right. What the font lacks is left out. */
  shape(text: string, rightToLeft: boolean): Glyph[] {
    const buffer = new ShapeBuffer();
    buffer.addText(text);
    buffer.guessSegmentProperties();
    buffer.setFlags(BufferFlag.REMOVE_DEFAULT_IGNORABLES);
    buffer.setDirection(rightToLeft ? Direction.RTL : Direction.LTR);
    shape(this.#font, buffer);
    const scale = 1 / this.#unitsPerEm;
    const positions = buffer.getGlyphPositions();
    return buffer.getGlyphInfos().flatMap(({ codepoint: id }, index) => {
      const position = positions[index];
      if (id === 0 || position === undefined) return [];
      const { xAdvance, xOffset, yOffset } = position;
      return { id, advance: xAdvance * scale, x: xOffset * scale, y: yOffset * scale };
    });
  }

  outline(glyph: number): readonly PathStep[] {
    const known = this.#outlines.get(glyph);
    if (known !== undefined) return known;
    const steps = this.#font.glyphToJson(glyph).map(({ type, values }) => ({
      type,
      values: values.map((value) => value / this.#unitsPerEm),
    }));
    this.#outlines.set(glyph, steps);
    return steps;
  }
}

const loaded = new Map<string, FontFace>();

/** @throws Error the file is not there, or no font */
export function faceOf(options: FaceOptions): FontFace {
  const key = `${options.path} ${options.weight ?? ''}`;
  const face = loaded.get(key) ?? new FontFace(options);
  loaded.set(key, face);
  return face;
}
