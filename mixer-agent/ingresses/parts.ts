import type { Config } from '../../common/config/schema.ts';
import type { IngressWords } from '../ingress/protocol.ts';
import type { AgentParts } from '../parts.ts';
import type { ProcessPool } from '../process/process-pool.ts';
import type { IngressMetrics } from './metrics.ts';

/** What the parts of streams that are fetched share. */
export interface IngressParts extends AgentParts {
  readonly streaming: Config['streaming'];
  readonly metrics: IngressMetrics;
  readonly ingressProcesses: ProcessPool<IngressWords>;
}
