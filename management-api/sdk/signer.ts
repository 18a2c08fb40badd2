import jwt from 'jsonwebtoken';

/** Audience of the JWTs that sign requests. */
const audience = 'portico-admin';

/** Life of one, seconds; after half of it a new one is made. */
const lifetimeS = 120;

/** Signs requests: a short-lived JWT (RFC 7519, HS256) is used for all of them until it is half over. */
export class RequestSigner {
  readonly #service: string;
  readonly #key: string;
  #current: { header: string; goodUntilS: number } | undefined;

  constructor(service: string, key: string) {
    this.#service = service;
    this.#key = key;
  }

  /** Value of the `authorization` header. */
  header(now = Date.now()): string {
    const iat = Math.floor(now / 1000);
    const { header, goodUntilS = -1 } = this.#current ?? {};
    // A clock that was set back makes a new one, too.
    if (header !== undefined && iat < goodUntilS && goodUntilS - iat <= lifetimeS / 2) return header;
    const claims = { iss: this.#service, aud: audience, iat, exp: iat + lifetimeS };
    const token = jwt.sign(claims, this.#key, { algorithm: 'HS256', keyid: this.#service });
    this.#current = { header: `Bearer ${token}`, goodUntilS: iat + lifetimeS / 2 };
    return this.#current.header;
  }
}
