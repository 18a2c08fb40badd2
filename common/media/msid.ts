import { createHash } from 'node:crypto';
import type { StreamId, TrackId } from '../contract/ids.ts';

const short = (text: string): string => createHash('sha1').update(text).digest('hex').slice(0, 32);

/** `a=msid` of a track (RFC 8830): tracks of one stream are played in sync because the first part is the same; tells nothing of its sender. */
export const msidOf = (stream: StreamId, track: TrackId): string => `${short(stream)} ${short(track)}`;
