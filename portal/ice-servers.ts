import { createHmac } from 'node:crypto';
import type { Config } from '../common/config/schema.ts';
import type { ParticipantId } from '../common/contract/ids.ts';
import type { IceServer } from '../common/contract/media.ts';

/**
 * STUN and TURN servers for one participant. TURN credentials are time-limited (coturn's REST scheme,
 * draft-uberti-behave-turn-rest-00 section 2.2): user name `<expiry in s since 1970>:<participant>`, password the
 * base64 HMAC-SHA1 of it under the secret shared with the TURN server.
 * @param now ms since 1970
 */
export function iceServers(ice: Config['ice'], participant: ParticipantId, now = Date.now()): IceServer[] {
  const servers: IceServer[] = [];
  if (ice.stun.length > 0) servers.push({ urls: [...ice.stun] });
  if (ice.turn.length > 0) {
    const username = `${Math.floor(now / 1000) + ice.turn_ttl_s}:${participant}`;
    const credential = createHmac('sha1', ice.turn_secret).update(username).digest('base64');
    servers.push({ urls: [...ice.turn], username, credential });
  }
  return servers;
}

/** @throws Error when there are TURN servers without a secret: browsers refuse such a list as a whole. */
export function checkIce({ turn, turn_secret }: Config['ice']): void {
  if (turn.length > 0 && turn_secret === '') {
    throw new Error('[ice] turn needs turn_secret, the secret shared with the TURN servers');
  }
}
