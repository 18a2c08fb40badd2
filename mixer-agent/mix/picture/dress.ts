import type { Picture } from '../media.ts';
import { avatarTexts, drawAvatar, type AvatarTexts } from './avatar.ts';
import { drawLabel, labelText, type Label } from './label.ts';
import type { TextMask, TextWish } from './text/text-mask.ts';
import type { Texts } from './text/texts.ts';
import type { TileSpec, TileStyle } from './tile.ts';

export interface DressOptions {
  spec: TileSpec;
  style: TileStyle;
  texts: Texts;
}

/** Everything in a tile that comes from name, size and style: the label and the avatar. Texts join when they are drawn. */
export class Dress {
  readonly #options: DressOptions;
  readonly #labelText: TextWish | undefined;
  readonly #avatarTexts: AvatarTexts;
  readonly #missing: Set<TextWish>;
  /** Kept here, so that it does not matter how many texts are remembered elsewhere. */
  readonly #masks = new Map<TextWish, TextMask>();
  #seen = -1;
  #label: Label | undefined;
  #avatar: Picture | undefined;

  constructor(options: DressOptions) {
    const { spec, style } = options;
    this.#options = options;
    this.#labelText = style.labels ? labelText(spec.name, spec.rectangle) : undefined;
    this.#avatarTexts = avatarTexts(spec.name, spec.rectangle, !style.labels);
    // The avatar's even while there is a picture: it may be needed at any moment.
    const { initials, name } = this.#avatarTexts;
    this.#missing = new Set([this.#labelText, initials, name].filter((wish) => wish !== undefined));
  }

  /** @returns whether a text has come */
  look(): boolean {
    const { texts, spec } = this.#options;
    if (this.#missing.size === 0 || this.#seen === texts.revision) return false;
    this.#seen = texts.revision;
    let found = false;
    for (const wish of this.#missing) {
      const mask = texts.get(wish);
      if (mask === undefined) continue;
      this.#missing.delete(wish);
      found = true;
      if (wish === this.#labelText) this.#label = drawLabel(mask, spec.rectangle);
      else this.#masks.set(wish, mask);
    }
    if (found) this.#avatar = undefined;
    return found;
  }

  /** Undefined: there is none, or not yet. */
  get label(): Label | undefined {
    return this.#label;
  }

  /** With what is there of its texts. */
  get avatar(): Picture {
    const { spec, style } = this.#options;
    return (this.#avatar ??= drawAvatar({
      tile: spec.rectangle,
      participant: spec.participant,
      background: style.background,
      texts: this.#avatarTexts,
      drawn: (wish) => this.#masks.get(wish),
    }));
  }
}
