import type { ParticipantId, StreamId } from '../../../common/contract/ids.ts';
import type { Fit, Picture, Rectangle, Size } from '../media.ts';
import { colours, type Yuv } from './colour.ts';
import { copyTo, frame } from './i420.ts';
import { Dress } from './dress.ts';
import { borderWidth, speakingWidth } from './measures.ts';
import { Scaler } from './scaler.ts';
import { fits } from './decoded-size.ts';
import type { Texts } from './text/texts.ts';

/** Somebody in a region of the canvas. */
export interface TileSpec {
  readonly stream: StreamId;
  readonly rectangle: Rectangle;
  /** Whose it is; decides the colour of the avatar. */
  readonly participant: ParticipantId;
  readonly name: string;
  /** It has a picture, even if none comes at the moment. */
  readonly hasVideo: boolean;
  /** The picture is muted. */
  readonly muted: boolean;
}

/** What all tiles of a canvas have in common. */
export interface TileStyle {
  readonly background: Yuv;
  readonly fit: Fit;
  readonly labels: boolean;
  readonly speakingMark: boolean;
}

export interface TileOptions {
  spec: TileSpec;
  style: TileStyle;
  texts: Texts;
  /** A picture is shown for so long when no other comes, ms. */
  holdMs: number;
}

/** The frame stays for a moment when somebody takes breath, ms. */
const speakingHoldMs = 600;

/** What is seen of one input: its newest picture or its avatar, its name, and whether it speaks. */
export class Tile {
  readonly #texts: Texts;
  readonly #holdMs: number;
  #spec: TileSpec;
  #style: TileStyle;
  #dress: Dress;
  #version = 0;
  /** As it came; undefined: the avatar is shown. */
  #received: Picture | undefined;
  /** Of the size of the tile. */
  #picture: Picture | undefined;
  #scaler: Scaler | undefined;
  /** It came since the last `update`. */
  #fresh = false;
  /** It is newer than what is shown. */
  #unseen = false;
  #resized = false;
  #pictureAt = -Infinity;
  #heard = false;
  #heardAt = -Infinity;
  #speaks = false;
  #onTop = false;

  constructor({ spec, style, texts, holdMs }: TileOptions) {
    this.#texts = texts;
    this.#holdMs = holdMs;
    this.#spec = spec;
    this.#style = style;
    this.#dress = new Dress({ spec, style, texts });
  }

  /** Changes whenever the tile looks different. */
  get version(): number {
    return this.#version;
  }

  get rectangle(): Rectangle {
    return this.#spec.rectangle;
  }

  /** Lies on another tile. */
  set onTop(onTop: boolean) {
    if (onTop === this.#onTop) return;
    this.#onTop = onTop;
    this.#version += 1;
  }

  set(spec: TileSpec, style: TileStyle): void {
    const before = this.#spec;
    const resized = !sameSize(before.rectangle, spec.rectangle);
    const restyled = JSON.stringify(style) !== JSON.stringify(this.#style);
    this.#spec = spec;
    this.#style = style;
    if (!shows(spec)) this.#forget();
    if (resized || restyled) {
      this.#scaler = undefined;
      this.#resized = true;
    }
    if (!resized && !restyled && before.name === spec.name && before.participant === spec.participant) return;
    this.#dress = new Dress({ spec, style, texts: this.#texts });
    this.#version += 1;
  }

  /** The newest picture. It is kept, not copied, until the next one. */
  take(picture: Picture): void {
    if (!shows(this.#spec)) return;
    this.#received = picture;
    this.#fresh = true;
  }

  /** Heard right now. */
  hear(): void {
    this.#heard = true;
  }

  /**
   * Notices what has come and what time has changed.
   * @param mayScale whether there is time to scale a picture; one of another size waits otherwise, unless the tile itself
   *   has changed
   * @returns whether a picture was scaled
   */
  update(now: number, mayScale: boolean): boolean {
    const scaled = this.#look(now, mayScale);
    if (this.#received !== undefined && now - this.#pictureAt > this.#holdMs) this.#forget();
    if (this.#dress.look()) this.#version += 1;
    this.#listen(now);
    return scaled;
  }

  #look(now: number, mayScale: boolean): boolean {
    const received = this.#received;
    const resized = this.#resized;
    if (this.#fresh) {
      this.#pictureAt = now;
      this.#unseen = true;
    }
    this.#fresh = false;
    this.#resized = false;
    if (received === undefined || !(this.#unseen || resized)) return false;
    const isRight = fits(received, this.#spec.rectangle);
    if (!isRight && !mayScale && !resized) return false;
    this.#unseen = false;
    this.#picture = this.#adapted(received);
    this.#version += 1;
    return !isRight;
  }

  #listen(now: number): void {
    if (this.#heard) this.#heardAt = now;
    this.#heard = false;
    const speaks = this.#style.speakingMark && now - this.#heardAt <= speakingHoldMs;
    if (speaks !== this.#speaks) this.#version += 1;
    this.#speaks = speaks;
  }

  paint(canvas: Picture): void {
    const { rectangle } = this.#spec;
    const { left, top } = rectangle;
    copyTo(canvas, this.#picture ?? this.#dress.avatar, rectangle);
    const { label } = this.#dress;
    label?.sticker.apply(canvas, left + label.left, top + label.top);
    if (this.#speaks) {
      frame(canvas, rectangle, { width: speakingWidth(rectangle), colour: colours.speaking });
    } else if (this.#onTop) {
      frame(canvas, rectangle, { width: borderWidth, colour: colours.border });
    }
  }

  /** The picture in the size of the tile. */
  #adapted(picture: Picture): Picture {
    const { rectangle } = this.#spec;
    if (fits(picture, rectangle)) {
      this.#scaler = undefined;
      return picture;
    }
    if (this.#scaler === undefined || !sameSize(this.#scaler.from, picture)) {
      const { fit, background } = this.#style;
      this.#scaler = new Scaler({ from: picture, to: rectangle, fit, background });
    }
    return this.#scaler.scale(picture);
  }

  #forget(): void {
    if (this.#picture !== undefined) this.#version += 1;
    this.#received = undefined;
    this.#picture = undefined;
    this.#scaler = undefined;
    this.#fresh = false;
    this.#unseen = false;
  }
}

/** Whether pictures of it are shown, should any come. */
const shows = ({ hasVideo, muted }: TileSpec): boolean => hasVideo && !muted;

const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;
