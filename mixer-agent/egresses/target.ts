import type { Config } from '../../common/config/schema.ts';
import type { EgressSpec } from '../../common/contract/egress.ts';
import type { EgressProcessTarget } from '../egress/protocol.ts';

type Streaming = Config['streaming'];
type LiveSpec = Extract<EgressSpec['target'], { type: 'live' }>;

/** OWT's defaults of HLS and DASH (OWT 7.3). */
const segmentDuration = 2;
const segments = 5;

/** @param destination a URL, or the path of a playlist that players are served */
export function liveTarget(
  { protocol, method, ...asked }: LiveSpec,
  destination: string,
  { private_networks, retry_ms: baseMs, max_retry_ms: maxMs, retry_for_ms: forMs, ...more }: Streaming,
): EgressProcessTarget {
  return {
    type: 'live',
    protocol,
    destination,
    guarded: !private_networks,
    method: method ?? 'PUT',
    segmentDuration: asked.segmentDuration ?? segmentDuration,
    segments: asked.segments ?? segments,
    retry: { baseMs, maxMs, forMs, connectMs: more.connect_ms },
  };
}
