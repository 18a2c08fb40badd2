/** Audience of the tokens that the management API takes from services. */
const audience = 'portico-admin';
/** Seconds; short, since a request carries it as it is. */
const lifetime = 300;
/** Seconds before its end at which a new one is signed. */
const margin = 60;

export interface ServiceKey {
  service: string;
  key: string;
}

const base64url = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/u, '');

const encode = (value: unknown): string => base64url(new TextEncoder().encode(JSON.stringify(value)));

/**
 * Signs a token (JWT, HS256) that proves knowledge of the key without telling it.
 *
 * @param now ms since 1970, by the clock of the server
 */
export async function signAdminToken({ service, key }: ServiceKey, now: number): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  const header = encode({ alg: 'HS256', typ: 'JWT', kid: service });
  const claims = encode({
    iss: service,
    kid: service,
    aud: audience,
    iat: issuedAt,
    exp: issuedAt + lifetime,
  });
  const secret = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(key),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  const text = `${header}.${claims}`;
  const signature = await crypto.subtle.sign('HMAC', secret, new TextEncoder().encode(text));
  return `${text}.${base64url(new Uint8Array(signature))}`;
}

/** Signs again shortly before the last token ends, or when the clock of the server turns out to be another. */
export class Signer {
  readonly #key: ServiceKey;
  /** How far the clock of the server is ahead of ours, ms. */
  #ahead = 0;
  #last: { token: string; until: number } | undefined;

  constructor(key: ServiceKey) {
    this.#key = key;
  }

  async token(now = Date.now()): Promise<string> {
    if (this.#last !== undefined && now < this.#last.until) return this.#last.token;
    const token = await signAdminToken(this.#key, now + this.#ahead);
    this.#last = { token, until: now + (lifetime - margin) * 1000 };
    return token;
  }

  /**
   * Takes over the clock of the server.
   *
   * @param serverTime ms since 1970
   * @returns whether it is so different that the same request may succeed with a new token
   */
  setClock(serverTime: number, now = Date.now()): boolean {
    const ahead = serverTime - now;
    if (Math.abs(ahead - this.#ahead) < 30_000) return false;
    this.#ahead = ahead;
    this.#last = undefined;
    return true;
  }
}

/** What a pasted token says about itself; nothing here is trusted, the server checks it. */
export function readToken(token: string): { service: string; expiresAt?: number } | undefined {
  const [header, claims] = token.trim().split('.').slice(0, 2).map(decode);
  if (header === undefined || claims === undefined) return undefined;
  const service = [header.kid, claims.iss, claims.kid].find((name) => typeof name === 'string');
  if (service === undefined) return undefined;
  return typeof claims.exp === 'number' ? { service, expiresAt: claims.exp * 1000 } : { service };
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
