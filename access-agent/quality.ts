import type { types } from 'mediasoup';
import type { Input } from '../common/contract/rpc.ts';
import type { PortalContract } from '../common/contract/portal.ts';
import type { Hints, HintTarget } from './hints.ts';
import { Throttle } from './throttle.ts';

/** Quality is told at most this often, ms. */
const intervalMs = 1_000;

type Quality = Extract<Input<PortalContract, 'participant.hint'>['event'], { name: 'quality' }>['data'];

export interface QualityOptions {
  hints: Hints;
  target: HintTarget;
  /** The stream that is sent or the subscription that receives. */
  id: Quality['id'];
  track: Quality['track'];
}

type Measured = Pick<Quality, 'score' | 'layers'>;

function throttled({ hints, target, id, track }: QualityOptions): Throttle<Measured> {
  return new Throttle<Measured>(intervalMs, (measured) => {
    hints.send(target, { name: 'quality', data: { id, track, ...measured } });
  });
}

/** Tells a participant how well what it sends arrives here: the best of its layers counts. */
export function watchProducer(producer: types.Producer, options: QualityOptions): void {
  const throttle = throttled(options);
  producer.on('score', (scores) => {
    throttle.push({ score: Math.max(0, ...scores.map(({ score }) => score)) });
  });
  producer.observer.once('close', () => {
    throttle.close();
  });
}

/** Tells a participant how well it receives, and which layers. */
export function watchConsumer(consumer: types.Consumer, options: QualityOptions): void {
  const throttle = throttled(options);
  const push = () => {
    const { currentLayers, score } = consumer;
    const { spatialLayer: spatial, temporalLayer: temporal = 0 } = currentLayers ?? {};
    throttle.push({
      score: score.score,
      ...(spatial === undefined ? {} : { layers: { spatial, temporal } }),
    });
  };
  consumer.on('score', push);
  consumer.on('layerschange', push);
  // Of what is good from the beginning the engine says nothing.
  consumer.observer.on('resume', push);
  consumer.observer.once('close', () => {
    throttle.close();
  });
}
