import { createSecretKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { fileSecret } from './secret-file.ts';

/** File of the data folder in which the key is kept when none is configured. */
const keyFile = 'ticket.key';

export interface TicketKeyOptions {
  /** [reconnection] ticket_key; empty: the one of the data folder, made at the first start. */
  configured: string;
  dataDir: string;
}

/** The key from its text, which is taken as bytes. */
export const ticketKey = (secret: string): KeyObject => createSecretKey(secret, 'utf8');

/** The secret that reconnection tickets are signed with; all portals of a deployment need the same. */
export async function loadTicketKey({ configured, dataDir }: TicketKeyOptions): Promise<KeyObject> {
  return ticketKey(configured === '' ? await fileSecret(join(dataDir, keyFile)) : configured);
}
