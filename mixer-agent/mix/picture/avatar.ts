import type { Picture, Size } from '../media.ts';
import { colours, discColour, surfaceColour, toYuv, type Yuv } from './colour.ts';
import { fill, plain } from './i420.ts';
import { disc, paint, person } from './mask.ts';
import { avatarMeasures, capHeight } from './measures.ts';
import { displayName, initials } from './text/names.ts';
import { nothing, type TextMask, type TextWish } from './text/text-mask.ts';

/** What an avatar says. */
export interface AvatarTexts {
  /** Undefined: there are no letters; a person is shown. */
  initials: TextWish | undefined;
  name: TextWish | undefined;
}

/** The texts of an avatar in a tile of this size. */
export function avatarTexts(name: string, tile: Size, withName: boolean): AvatarTexts {
  const { initials: size, name: below, diameter } = avatarMeasures(tile);
  const letters = initials(name);
  const text = withName && tile.height >= 5 * below.size ? displayName(name) : '';
  return {
    initials:
      letters === '' || size < 6
        ? undefined
        : { text: letters, font: 'initials', size, room: Math.round(0.8 * diameter) },
    name: text === '' ? undefined : { text, font: 'name', size: below.size, room: below.room },
  };
}

export interface AvatarLook {
  tile: Size;
  participant: string;
  background: Yuv;
  texts: AvatarTexts;
  /** Undefined as long as it is not there. */
  drawn: (wish: TextWish) => TextMask | undefined;
}

/** What is shown instead of a picture: a disc in the colour of the participant, its initials, its name. */
export function drawAvatar({ tile, participant, background, texts, drawn }: AvatarLook): Picture {
  const { width, height } = tile;
  const { diameter, inset, name } = avatarMeasures(tile);
  const picture = plain({ width, height }, background);
  const surface = { left: inset, top: inset, width: width - 2 * inset, height: height - 2 * inset };
  fill(picture, surface, toYuv(surfaceColour(participant)));
  const below = texts.name === undefined ? 0 : name.gap + name.size * capHeight;
  const left = (width - diameter) >> 1;
  const top = Math.round((height - diameter - below) / 2);
  paint(picture, disc(diameter), { colour: toYuv(discColour(participant)), left, top });
  const letters = texts.initials === undefined ? nothing : drawn(texts.initials);
  if (letters?.width === 0) {
    paint(picture, person(diameter), { colour: colours.text, opacity: 0.92, left, top });
  } else if (letters !== undefined) {
    paint(picture, letters, { colour: colours.text, ...centred(letters, { left, top, diameter }) });
  }
  const mask = texts.name && drawn(texts.name);
  if (mask !== undefined) {
    const baseline = Math.round(top + diameter + below);
    const place = { left: Math.round((width - mask.width) / 2), top: baseline - mask.baseline };
    paint(picture, mask, { colour: colours.text, opacity: 0.9, ...place });
  }
  return picture;
}

const centred = (
  mask: TextMask,
  { left, top, diameter }: { left: number; top: number; diameter: number },
) => ({
  left: left + Math.round((diameter - mask.width) / 2),
  top: top + Math.round((diameter - mask.height) / 2),
});
