import type { VideoOutput } from '../common/contract/mix.ts';
import type { LayerWishes } from '../common/media/pipes/layer-wishes.ts';
import type { Size } from './mix/media.ts';

/** Only the output that everybody gets who asks for nothing else. */
const mainKey = 'main';
/** A smaller picture is not divided any further, pixels. */
const minWidth = 480;
/** Of the bitrate of the output: a quarter of the pixels. */
const share = 0.25;
/** Below this a mixed picture cannot be looked at, kbit/s. */
const minBitrate = 80;
/** Above this share it would not help. */
const maxShare = 0.6;
/** Receivers come back, and lines change from moment to moment: an encoder is kept for so long after the last wish, ms. */
const lingerMs = 5_000;

/** The smaller encoding of an output. */
export interface LowOutput {
  readonly resolution: Size;
  readonly framerate: number;
  /** kbit/s. */
  readonly bitrate: number;
}

/** What receivers on a thin line get instead of an output; undefined: there is nothing smaller. */
export function lowOf({ key, resolution, framerate, bitrate }: VideoOutput): LowOutput | undefined {
  if (key !== mainKey || resolution.width < minWidth) return undefined;
  const low = Math.max(minBitrate, Math.round(bitrate * share));
  if (low > bitrate * maxShare) return undefined;
  return {
    resolution: { width: halved(resolution.width), height: halved(resolution.height) },
    framerate,
    bitrate: low,
  };
}

/** Even, as encoders need it. */
const halved = (length: number): number => 2 * Math.max(1, Math.round(length / 4));

/** As far as it says who wants what: see `Source`. */
interface Wanted {
  readonly wishes: LayerWishes;
  on(event: 'piped', listener: () => void): unknown;
}

/**
 * Whether a low encoding is made: at once when somebody wishes it, and some time after the last wish. It is also shown to
 * each router that it goes to, because a pipe passes on what begins with a key frame and nothing else. There it is known
 * from then on, and what a receiver has flows on until the low encoding takes over.
 */
export class LowDemand {
  readonly #onChange: () => void;
  readonly #lingerMs: number;
  #active = false;
  #shows = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: Wanted, onChange: () => void, linger = lingerMs) {
    this.#onChange = onChange;
    this.#lingerMs = linger;
    source.wishes.onChange(({ low }) => {
      this.#take(low);
    });
    source.on('piped', () => {
      this.#shows += 1;
      onChange();
    });
  }

  get active(): boolean {
    return this.#active;
  }

  /** How often it had to be shown. */
  get shows(): number {
    return this.#shows;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #take(wanted: boolean): void {
    if (wanted) {
      this.close();
      this.#set(true);
    } else if (this.#active) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#set(false);
      }, this.#lingerMs);
    }
  }

  #set(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#onChange();
  }
}
