import type { Size } from '../media.ts';
import { colours } from './colour.ts';
import { paint, roundedBar } from './mask.ts';
import { capHeight, labelMeasures, type LabelMeasures } from './measures.ts';
import { Sticker } from './sticker.ts';
import type { TextMask, TextWish } from './text/text-mask.ts';
import { displayName } from './text/names.ts';

/** The name in the corner of a tile. */
export interface Label {
  sticker: Sticker;
  /** In the tile. */
  left: number;
  top: number;
}

/** The text of a label; undefined: the tile is too small, or there is no name. */
export function labelText(name: string, tile: Size): TextWish | undefined {
  const measures = labelMeasures(tile);
  if (measures === undefined) return undefined;
  const { size, room } = measures;
  const text = displayName(name);
  return text === '' ? undefined : { text, font: 'name', size, room };
}

/** @param mask the text; of no width when nothing of it can be seen */
export function drawLabel(mask: TextMask, tile: Size): Label | undefined {
  const measures = labelMeasures(tile);
  if (measures === undefined || mask.width === 0) return undefined;
  const { margin, barHeight } = measures;
  return { sticker: stickerOf(mask, measures), left: margin, top: tile.height - margin - barHeight };
}

function stickerOf(mask: TextMask, { size, padding, room, barHeight, radius }: LabelMeasures): Sticker {
  const width = 2 * Math.ceil((Math.min(mask.width, room) + 2 * padding) / 2);
  const bar = roundedBar(width, barHeight, radius);
  const baseline = Math.round((barHeight + size * capHeight) / 2);
  return new Sticker({ width, height: barHeight }, (picture) => {
    paint(picture, bar, { colour: colours.labelBar, opacity: 0.66, left: 0, top: 0 });
    paint(picture, mask, { colour: colours.text, left: padding, top: baseline - mask.baseline });
  });
}
