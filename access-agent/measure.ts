import type { types } from 'mediasoup';
import type { TrackMeasure } from '../common/contract/management.ts';
import { formatOf } from '../common/media/codecs.ts';
import type { MediaWorker } from '../common/media/media-worker.ts';
import type { RateMeter, Counters } from './rate-meter.ts';

type Stats = types.RtpStreamSendStats | types.RtpStreamRecvStats;

type Named = Pick<TrackMeasure, 'id' | 'type' | 'paused'>;

interface Measuring {
  named: Named;
  meter: RateMeter;
  worker: MediaWorker;
}

/** A track that is granted, but carries nothing yet. */
export const silent = (named: Named): TrackMeasure => ({ ...named, bitrate: 0, loss: 0, score: 0 });

/** What arrives from a publisher. */
export async function measureProducer(
  producer: types.Producer,
  { named, meter, worker }: Measuring,
): Promise<TrackMeasure> {
  const stats = await worker.run('getStats', () => producer.getStats());
  const layers = producer.type === 'simple' ? undefined : layersSent(producer, stats);
  return {
    ...named,
    ...figures(stats, meter),
    format: formatOf(producer.rtpParameters),
    score: Math.max(0, ...producer.score.map(({ score }) => score)),
    ...(layers === undefined ? {} : { layers }),
  };
}

/** What goes to a receiver. */
export async function measureConsumer(
  consumer: types.Consumer,
  { named, meter, worker }: Measuring,
): Promise<TrackMeasure> {
  const all: Stats[] = await worker.run('getStats', () => consumer.getStats());
  // The engine adds the figures of the producer.
  const stats = all.filter(({ type }) => type === 'outbound-rtp');
  const layers = layersReceived(consumer);
  return {
    ...named,
    ...figures(stats, meter),
    format: formatOf(consumer.rtpParameters),
    score: consumer.score.score,
    paused: named.paused || consumer.producerPaused,
    ...(layers === undefined ? {} : { layers }),
  };
}

function figures(stats: readonly Stats[], meter: RateMeter): Pick<TrackMeasure, 'bitrate' | 'loss' | 'rtt'> {
  const sum = (of: (stat: Stats) => number) => stats.reduce((total, stat) => total + of(stat), 0);
  const counters: Counters = {
    bytes: sum(({ byteCount }) => byteCount),
    packets: sum(({ packetCount }) => packetCount),
    lost: sum(({ packetsLost }) => packetsLost),
    bitrate: sum(({ bitrate }) => bitrate),
    // RTCP counts it in parts of 256 (RFC 3550, 6.4.1).
    fractionLost: Math.max(0, ...stats.map(({ fractionLost }) => fractionLost / 256)),
  };
  const rtts = stats.flatMap(({ roundTripTime }) => roundTripTime ?? []);
  return { ...meter.look(counters), ...(rtts.length === 0 ? {} : { rtt: Math.max(...rtts) }) };
}

/** The highest encoding that flows, or the highest layer inside the only one. */
function layersSent(producer: types.Producer, stats: readonly types.ProducerStat[]): TrackMeasure['layers'] {
  const encodings = producer.rtpParameters.encodings ?? [];
  const flowing = stats.filter(({ bitrate }) => bitrate > 0);
  const indices = flowing.map(({ rid, ssrc }) =>
    encodings.findIndex((encoding) => (rid === undefined ? encoding.ssrc === ssrc : encoding.rid === rid)),
  );
  const inside = flowing.flatMap(({ bitrateByLayer }) => {
    return Object.entries(bitrateByLayer).flatMap(([layer, bitrate]) => {
      const [spatial = 0, temporal = 0] = layer.split('.').map(Number);
      return bitrate > 0 ? [{ spatial, temporal }] : [];
    });
  });
  if (flowing.length === 0) return undefined;
  const spatial = producer.type === 'svc' ? inside.map((layer) => layer.spatial) : indices;
  return {
    spatial: Math.max(0, ...spatial),
    temporal: Math.max(0, ...inside.map((layer) => layer.temporal)),
  };
}

function layersReceived({ type, currentLayers }: types.Consumer): TrackMeasure['layers'] {
  if ((type !== 'simulcast' && type !== 'svc') || currentLayers === undefined) return undefined;
  return { spatial: currentLayers.spatialLayer, temporal: currentLayers.temporalLayer ?? 0 };
}
