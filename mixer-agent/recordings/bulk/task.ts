import type { SegmentFacts } from '../segments.ts';

/* Between an agent and the process that goes through whole recordings for it (messages of `child_process.fork`). */

export type BulkTask =
  | { type: 'digest'; path: string }
  /** Segments become one file. */
  | { type: 'join'; segments: readonly SegmentFacts[]; path: string };

/** With the digest, or why it did not work. */
export type BulkResult = { digest?: string } | { error: string };
