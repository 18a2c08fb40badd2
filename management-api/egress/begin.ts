import { createHmac, randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { EgressTarget } from '../../common/contract/egress.ts';
import { EgressId, type RoomId } from '../../common/contract/ids.ts';
import type { ManagedEgress } from '../../common/contract/management.ts';
import { callerOf } from '../http/auth/caller.ts';
import type { ApiParts } from '../http/parts.ts';
import type { MediaSubscription } from '../schemas/media-requests.ts';
import { askedMedia, asksForFactor } from './asked-media.ts';

/** A mix may have to be started first, and its agent to be found. */
const withinMs = 15_000;

/**
 * An id for what a request makes, 32 hex digits. With an `Idempotency-Key` a repetition has the same one, so that what an
 * attempt without an answer has begun is not begun twice; only who has the key of the service could guess it.
 */
export function idFor(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string') return randomBytes(16).toString('hex');
  const { service } = callerOf(request);
  const text = [request.method, request.url, key].join('\0');
  return createHmac('sha256', service.key).update(text).digest('hex').slice(0, 32);
}

export interface Wanted {
  target: EgressTarget;
  media: MediaSubscription;
}

/**
 * Begins a recording or a live stream; the room is opened when it does not run.
 * @throws PorticoError `bad_request`, `codec_unsupported`; what the owner of the room says
 */
export async function beginEgress(
  { live }: ApiParts,
  request: FastifyRequest,
  { room, wanted: { target, media } }: { room: RoomId; wanted: Wanted },
): Promise<ManagedEgress> {
  const id = EgressId.parse(idFor(request));
  const known = asksForFactor(media) ? await live.ask(room, 'admin.streams', {}) : undefined;
  const streams = known?.streams.map(({ info }) => info) ?? [];
  const asked = { id, target, ...askedMedia(media, streams) };
  return (await live.askOpened(room, 'admin.egress.start', asked, { withinMs })).egress;
}
