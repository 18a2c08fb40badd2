import type { Colour } from '../media.ts';

/** A colour as it is in a picture: BT.601, limited range (Y 16..235, U and V 16..240). */
export interface Yuv {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

/** The same rounding as FFmpeg's `pad`, so that bars and background are one colour. */
export const toYuv = ({ r, g, b }: Colour): Yuv => ({
  y: Math.round(16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255),
  u: Math.round(128 + (-37.797 * r - 74.203 * g + 112 * b) / 255),
  v: Math.round(128 + (112 * r - 93.786 * g - 18.214 * b) / 255),
});

const gamma = (linear: number): number => {
  const clamped = Math.min(1, Math.max(0, linear));
  const value = clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * clamped ** (1 / 2.4) - 0.055;
  return Math.round(255 * value);
};

/**
 * A colour of equal brightness for every hue (OKLCH, CSS Color 4).
 *
 * @param lightness 0..1
 * @param chroma 0..0.4
 * @param hue degrees
 */
function oklch(lightness: number, chroma: number, hue: number): Colour {
  const angle = (hue * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(angle), chroma * Math.sin(angle)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return {
    r: gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    g: gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    b: gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  };
}

/** Hue of a participant, 0..359: the same as in the sample application, so that people know each other by it. */
export function hueOf(participant: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < participant.length; index += 1) {
    hash = Math.imul(hash ^ participant.charCodeAt(index), 0x01000193) >>> 0;
  }
  return Math.round(((hash % 1024) * 137.508) % 360) % 360;
}

/** Colours that do not depend on the view. */
export const colours = {
  text: toYuv({ r: 242, g: 242, b: 238 }),
  labelBar: toYuv({ r: 10, g: 12, b: 15 }),
  speaking: toYuv({ r: 79, g: 208, b: 170 }),
  /** Around a picture that lies on another one. */
  border: toYuv({ r: 236, g: 236, b: 232 }),
} as const;

/** Disc of an avatar: white letters on it have a contrast of more than 4.5 for every hue. */
export const discColour = (participant: string): Colour => oklch(0.5, 0.1, hueOf(participant));

/** What an avatar lies on. */
export const surfaceColour = (participant: string): Colour => oklch(0.27, 0.024, hueOf(participant));
