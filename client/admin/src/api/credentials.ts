import { readToken, Signer } from './sign.ts';

/** Who this page acts for: a service with its key, or an admin token made elsewhere. */
export type Credentials =
  { kind: 'key'; service: string; key: string } | { kind: 'token'; service: string; token: string };

/** Proves who we are, request by request. */
export interface Proof {
  token(): Promise<string>;
  /** See Signer. */
  setClock(serverTime: number): boolean;
}

export const proofOf = (credentials: Credentials): Proof =>
  credentials.kind === 'key'
    ? new Signer(credentials)
    : { token: () => Promise.resolve(credentials.token), setClock: () => false };

/** @returns a sentence when what was pasted is no admin token, or one that is over. */
export function credentialsOf(token: string, now = Date.now()): Credentials | string {
  const said = readToken(token);
  if (said === undefined) {
    return 'This is not an admin token: it must be a JWT (three parts with dots between) that names a service.';
  }
  if (said.expiresAt !== undefined && said.expiresAt < now) {
    return 'This token has expired. Sign a new one; it may live an hour at most.';
  }
  return { kind: 'token', service: said.service, token: token.trim() };
}

const name = 'portico.admin';

/** In the tab only: other tabs, and this one once it is closed, know nothing. */
export const keep = (credentials: Credentials): void => {
  sessionStorage.setItem(name, JSON.stringify(credentials));
};

export const forget = (): void => {
  sessionStorage.removeItem(name);
};

export function recall(): Credentials | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(name) ?? 'null') as Credentials | null;
    return kept ?? undefined;
  } catch {
    return undefined;
  }
}
