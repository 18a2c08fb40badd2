import type { ProducerId } from '../common/contract/ids.ts';
import type { PublishedTrack } from './published-track.ts';

/** Every producer of a client on this agent. */
export type Published = Map<ProducerId, PublishedTrack>;
