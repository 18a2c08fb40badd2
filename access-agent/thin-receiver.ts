import type { types } from 'mediasoup';
import type { MediaWorker } from '../common/media/media-worker.ts';
import type { LayerBitrates } from '../common/media/pipes/source.ts';
import { layerRates } from './layer-rates.ts';
import type { LineEstimate } from './line-estimate.ts';
import { ThinLine, type LineLook } from './thin-line.ts';

/** More than an encoding takes in a moment with key frames. */
const headroom = 1.5;
/** The low layer flows also on a line that carries less: a picture that stops is no help. */
const lowHeadroom = 1.3;
/**
 * The estimate is lifted at the beginning for so long after the first picture, and at most so long without one, ms: until
 * the receiver has told of what came of it, from which the engine goes on.
 */
const liftMs = { flowing: 1_500, waiting: 5_000, away: 30_000 };
/** The engine knows how the clocks of the layers of a new producer relate after so long, and changes no layer before, ms. */
const youthMs = 5_000;
/** When each producer was received first. */
const births = new WeakMap<types.Producer, number>();
/** Others have 1. Before them it gets its low layer, because what has one layer only takes all there is. */
const priority = 2;
/** Less means that the low layer is not made, bit/s. */
const idleRate = 20_000;
/** While it is made for others, who receives the main layer well keeps it whatever the estimate says for a moment. */
const guardHeadroom = 1.2;
/** Of 10: who receives with less than this does not receive well, and for some time is not trusted to, ms. */
const goodScore = 8;
const doubtMs = 10_000;

export interface ThinReceiverOptions {
  consumer: types.Consumer;
  /** The producer on the router of the consumer. */
  producer: types.Producer;
  bitrates: LayerBitrates;
  line: LineEstimate;
  worker: MediaWorker;
  /** Whether the low layer is wanted has changed. */
  onChange: () => void;
}

/**
 * Receives a stream whose low layer is made on demand: the main layer from the first picture on, the low one as soon as the
 * line turns out to be too thin, the main one again when it is not any more. Which of them flows is decided by the engine;
 * as long as the low one is not made, what flows goes on, because a layer changes with a key frame only.
 */
export class ThinReceiver {
  readonly #options: ThinReceiverOptions;
  readonly #line: ThinLine;
  #flowing = false;
  #looking = false;
  #wanted = false;
  #rates: LayerBitrates = { low: 0, main: 0 };
  #doubtUntil = -Infinity;
  #preferred: ThinLine['prefers'] = 'main';
  #lift: NodeJS.Timeout | undefined;

  constructor(options: ThinReceiverOptions) {
    this.#options = options;
    const { consumer, line, bitrates, worker } = options;
    this.#line = new ThinLine(line.isBelow(bitrates.main * 0.6));
    this.#wanted = this.#line.wantsLow;
    line.watch();
    worker.run('setPriority', () => consumer.setPriority(priority)).catch(() => undefined);
    line.on('estimate', this.#look);
    consumer.on('layerschange', this.#onLayers);
    consumer.observer.once('close', () => {
      this.pause();
      line.off('estimate', this.#look);
    });
  }

  /** Whether the low layer has to be made for this receiver. */
  get wantsLow(): boolean {
    return this.#wanted;
  }

  /**
   * Pictures are about to flow. Unless the line is known to be thin it gets the credit that it carries the main layer: the
   * engine sends nothing of which it does not think so, and finds out the truth within a second or two.
   */
  async begin(): Promise<void> {
    if (this.#flowing) return;
    this.#flowing = true;
    this.#prefer();
    if (this.#line.prefers === 'low') {
      this.#settle();
      return;
    }
    await this.#credit(liftMs.waiting);
  }

  async #credit(ms: number): Promise<void> {
    this.#liftFor(ms);
    const { consumer, line, bitrates } = this.#options;
    const others = await line.sending();
    if (this.#lift !== undefined) line.setFloor(consumer.id, bitrates.main * headroom + others);
  }

  /** Nothing flows for now. */
  pause(): void {
    if (!this.#flowing) return;
    this.#flowing = false;
    this.#line.pause();
    this.#endLift();
    const { consumer, line } = this.#options;
    line.setFloor(consumer.id, 0);
    this.#tell();
  }

  /** When its producer was received first, by anybody here. */
  get #birth(): number {
    const { producer } = this.#options;
    const birth = births.get(producer) ?? performance.now();
    births.set(producer, birth);
    return birth;
  }

  /** From now on. */
  #liftFor(ms: number): void {
    clearTimeout(this.#lift);
    this.#lift = setTimeout(() => {
      this.#endLift();
      this.#settle();
    }, ms);
  }

  #endLift(): void {
    clearTimeout(this.#lift);
    this.#lift = undefined;
  }

  /** From the low layer on the estimate is left to itself; also from the main one on, while there is a choice. */
  #settle(): void {
    const { consumer, line, bitrates } = this.#options;
    if (!this.#flowing) return;
    const { low, main } = this.#rates;
    const floor = Math.max(bitrates.low, this.#line.wantsLow ? low : 0) * lowHeadroom;
    const guard = this.#isGuarded(low) ? main * guardHeadroom : 0;
    line.setFloor(consumer.id, Math.max(floor, guard));
  }

  /**
   * The engine goes down at once when an estimate falls, which it does now and then on any line. That does no harm while
   * there is only one layer to be had.
   */
  #isGuarded(low: number): boolean {
    const now = performance.now();
    if (this.#options.consumer.score.score < goodScore) this.#doubtUntil = now + doubtMs;
    return low > idleRate && this.#line.isWide && this.#shown === 'main' && now > this.#doubtUntil;
  }

  readonly #onLayers = (layers: types.ConsumerLayers | undefined) => {
    if (!this.#flowing) return;
    if (layers !== undefined && this.#lift !== undefined) {
      this.#liftFor(Math.max(liftMs.flowing, youthMs - (performance.now() - this.#birth)));
    }
    // An estimate falls while nothing is sent, and says nothing of the line then.
    const silent = this.#options.consumer.score.producerScores.every((score) => score === 0);
    if (layers === undefined && silent && this.#line.prefers === 'main') void this.#credit(liftMs.away);
    this.#line.shows = this.#shown;
    this.#tell();
  };

  readonly #look = (estimate: number): void => {
    if (!this.#flowing || this.#looking) return;
    const { consumer } = this.#options;
    if (consumer.closed || consumer.producerPaused || !isSent(consumer)) return;
    this.#looking = true;
    this.#measure()
      .then(({ low, main }) => {
        if (!this.#flowing) return;
        this.#line.look({ now: performance.now(), estimate, main, shows: this.#shown });
        this.#rates = { low, main };
        if (this.#lift === undefined) this.#settle();
        this.#prefer();
        this.#tell();
      })
      // The worker is gone.
      .catch(() => undefined)
      .finally(() => {
        this.#looking = false;
      });
  };

  get #shown(): LineLook['shows'] {
    const spatial = this.#options.consumer.currentLayers?.spatialLayer;
    if (spatial === undefined) return undefined;
    return spatial === 0 ? 'low' : 'main';
  }

  #tell(): void {
    const wanted = this.#line.wantsLow;
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#options.onChange();
  }

  #prefer(): void {
    const { prefers } = this.#line;
    if (prefers === this.#preferred) return;
    this.#preferred = prefers;
    const { consumer, worker } = this.#options;
    const spatialLayer = prefers === 'low' ? 0 : 1;
    worker
      .run('setPreferredLayers', () => consumer.setPreferredLayers({ spatialLayer, temporalLayer: 0 }))
      .catch(() => undefined);
  }

  /** What the layers take right now, bit/s: little while the picture stands still. */
  async #measure(): Promise<LayerBitrates> {
    const { producer, bitrates, worker } = this.#options;
    const [low = 0, main = 0] = await layerRates(producer, worker);
    // A key frame takes more for a moment.
    return { low, main: Math.min(bitrates.main, main) };
  }
}

/** Whether anything comes from the producer at all. */
const isSent = ({ score }: types.Consumer): boolean => score.producerScores.some((one) => one > 0);
