import { deserialize, serialize } from 'node:v8';
import type { SegmentFacts } from '../segments.ts';

/* Between an agent and the process that goes through whole recordings for it: one line in, one line out. */

export type BulkTask =
  | { type: 'digest'; path: string }
  /** Segments become one file. */
  | { type: 'join'; segments: readonly SegmentFacts[]; path: string };

/** With the digest, or why it did not work. */
export type BulkResult = { digest?: string } | { error: string };

/** Tracks have bytes in them, which JSON does not know. */
export const writeLine = (words: BulkTask | BulkResult): string => `${serialize(words).toString('base64')}\n`;

export const readLine = (line: string): unknown => deserialize(Buffer.from(line, 'base64'));
