import { parse } from '../../common/bus/contract.ts';
import type { RoomId } from '../../common/contract/ids.ts';
import type { RoomEvent } from '../../common/contract/management.ts';
import { maskEvent } from '../egress/masked-egress.ts';
import { WebhookEvent } from '../schemas/webhooks.ts';

export interface ToldEvent {
  event: RoomEvent;
  /** ms since 1970. */
  at: number;
  /** The same for all webhooks and all attempts. */
  id: string;
  room: RoomId;
  service: string;
}

/** What is posted to webhooks: secrets of URLs are left out. */
export function eventBody({ event, at, id, room, service }: ToldEvent): string {
  const { type, ...data } = maskEvent(event);
  return JSON.stringify({ id, type, at: new Date(at).toISOString(), room, service, data });
}

/** What is posted to try a webhook out. */
export function testBody({ at, id, service }: Pick<ToldEvent, 'at' | 'id' | 'service'>): string {
  return JSON.stringify({ id, type: 'test', at: new Date(at).toISOString(), service, data: {} });
}

/**
 * Reads what was posted.
 * @throws PorticoError `bad_request`; `field` names the part
 */
export function readEventBody(text: string): WebhookEvent {
  return parse(WebhookEvent, toJson(text), 'webhook');
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
