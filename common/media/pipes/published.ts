import type { ProducerId } from '../../contract/ids.ts';
import type { RoomRouter } from '../room-router.ts';
import type { Source } from './source.ts';

/** What enters here and may be fetched. */
export interface PublishedProducer {
  /** Undefined before it is produced. */
  readonly source: Source | undefined;
  /** The router on which it enters. */
  readonly router: RoomRouter | undefined;
}

/** Every producer that enters on this agent. */
export type Published = Map<ProducerId, PublishedProducer>;
