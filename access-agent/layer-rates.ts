import type { types } from 'mediasoup';
import type { MediaWorker } from '../common/media/media-worker.ts';

/** Asked for by all who receive it, measured once, ms. */
const freshMs = 900;

interface Measured {
  readonly at: number;
  readonly rates: Promise<readonly number[]>;
}

const newest = new WeakMap<types.Producer, Measured>();

/** What the encodings of a producer take right now, lowest first; bit/s. @throws PorticoError `worker_lost` */
export function layerRates(producer: types.Producer, worker: MediaWorker): Promise<readonly number[]> {
  const known = newest.get(producer);
  const now = performance.now();
  if (known !== undefined && now - known.at < freshMs) return known.rates;
  const rates = worker
    .run('getStats', () => producer.getStats())
    .then((stats) =>
      (producer.rtpParameters.encodings ?? []).map(
        ({ ssrc }) => stats.find((stat) => stat.ssrc === ssrc)?.bitrate ?? 0,
      ),
    );
  newest.set(producer, { at: now, rates });
  return rates;
}
