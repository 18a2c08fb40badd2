import { proofOf } from './api/credentials.ts';
import type { Credentials } from './api/credentials.ts';
import { Failure } from './api/failure.ts';
import { Http } from './api/http.ts';
import { Management } from './api/management.ts';

/** The page stands one folder below the API, wherever a reverse proxy puts both. */
const base = (): URL => new URL('../', document.baseURI);

export const managementAs = (credentials: Credentials): Management =>
  new Management(new Http(base(), proofOf(credentials)));

/** Browsers offer their cryptography to pages that nobody can have changed on the way. */
export const canSign = (): boolean => 'subtle' in crypto;

/**
 * Asks the server whether it knows us.
 *
 * @returns a sentence when it does not
 */
export async function refusalOf(credentials: Credentials): Promise<string | undefined> {
  try {
    await managementAs(credentials).runningRooms();
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.status !== 401) return error.message;
    return credentials.kind === 'key'
      ? `The server does not know this key for the service “${credentials.service}”. Check both the service id and the key.`
      : 'The server does not accept this token: its signature does not match, or it has expired.';
  }
}
