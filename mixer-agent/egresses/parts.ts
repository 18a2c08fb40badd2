import type { EgressWords } from '../egress/protocol.ts';
import type { AgentParts } from '../parts.ts';
import type { ProcessPool } from '../process/process-pool.ts';
import type { EgressMetrics } from './metrics.ts';
import type { OutletParts } from './outlet.ts';

/** What the parts of recordings and live streams share. */
export interface EgressParts extends AgentParts, OutletParts {
  readonly metrics: EgressMetrics;
  readonly egressProcesses: ProcessPool<EgressWords>;
}
