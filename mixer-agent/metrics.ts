import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ProcessMeasure } from './mix/protocol.ts';

/** What the counters of a process said last. */
type Counts = Pick<ProcessMeasure, 'lateTicks' | 'skipped' | 'decoderRestarts' | 'encoderRestarts'>;

/** Numbers of all mixes of an agent. Histograms get one value a second from each mix. */
export class MixMetrics {
  readonly mixes: Gauge;
  readonly inputs: Gauge<'kind'>;
  readonly restarts: Counter;
  readonly refused: Counter;
  readonly ended: Counter<'reason'>;
  readonly #composing: Histogram;
  readonly #delay: Histogram;
  readonly #loss: Histogram;
  readonly #cpu: Histogram;
  readonly #counters: Readonly<Record<keyof Counts, Counter>>;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = (name: string, help: string) =>
      new Counter({ name: `portico_mix_${name}_total`, help, registers });
    const histogram = (name: string, help: string, buckets: number[]) =>
      new Histogram({ name: `portico_mix_${name}`, help, buckets, registers });
    this.mixes = new Gauge({ name: 'portico_mixes', help: 'mixes that run', registers });
    this.inputs = new Gauge({
      name: 'portico_mix_inputs',
      help: 'tracks that are fetched for mixes',
      labelNames: ['kind'],
      registers,
    });
    this.restarts = counter('process_restarts', 'mix processes that took the place of one that died');
    this.refused = counter('refusals', 'mixes that were not taken for want of CPU');
    this.ended = new Counter({
      name: 'portico_mix_ends_total',
      help: 'mixes that ended without being asked to',
      labelNames: ['reason'],
      registers,
    });
    this.#counters = {
      lateTicks: counter('late_ticks', 'pictures that came more than half a frame late'),
      skipped: counter('skipped_frames', 'pictures that were left out for want of time'),
      decoderRestarts: counter('decoder_restarts', 'decoders that were started again'),
      encoderRestarts: counter('encoder_restarts', 'encoders that were started again'),
    };
    this.#composing = histogram(
      'compose_seconds',
      'time to compose a picture (95th percentile of each mix and second)',
      [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1],
    );
    this.#delay = histogram(
      'delay_seconds',
      'time from the capture of a picture to its sending (95th percentile of each mix and second)',
      [0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2],
    );
    this.#loss = histogram(
      'input_loss_ratio',
      'packets of the inputs that never came',
      [0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1],
    );
    this.#cpu = histogram(
      'cpu_cores',
      'CPU of each mix and its codecs',
      [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 4],
    );
  }

  /** Counts a measure of a mix. @param before the one that the same process gave before */
  measured(measure: ProcessMeasure, before: ProcessMeasure | undefined): void {
    if (measure.composeMs.p95 > 0) this.#composing.observe(measure.composeMs.p95 / 1000);
    if (measure.delayMs.p95 > 0) this.#delay.observe(measure.delayMs.p95 / 1000);
    this.#loss.observe(measure.loss);
    this.#cpu.observe(measure.cpu);
    for (const name of Object.keys(this.#counters) as (keyof Counts)[]) {
      this.#counters[name].inc(Math.max(0, measure[name] - (before?.[name] ?? 0)));
    }
  }
}
