import type { Revocation, RevocationCreation, RevocationResult } from '../schemas/revocations.ts';
import type { IssuedToken, Token, TokenCreation } from '../schemas/tokens.ts';
import { entries } from './pages.ts';
import type { Transport } from './transport.ts';

export interface TokenListFilter {
  room?: string;
  user?: string;
  state?: Token['state'];
}

/** Tokens that the server issues and remembers. */
export class AdminTokens {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Has a token made, which joins one user to one room, once. It names the least loaded portal. */
  async create(room: string, token: TokenCreation & { user: string; role: string }): Promise<IssuedToken> {
    const path = ['v1.1', 'rooms', room, 'tokens'];
    const request = { method: 'POST', path, body: token, repeat: 'keyed' } as const;
    return (await this.#transport.json<IssuedToken>(request)).data;
  }

  /** Newest first. */
  list(filter: TokenListFilter = {}): AsyncGenerator<Token, void, undefined> {
    return entries<Token>(this.#transport, { path: ['v1.1', 'tokens'], query: { ...filter } });
  }

  /** It joins nobody any more, and whoever joined with it is dropped. */
  async revoke(id: string): Promise<RevocationResult> {
    const request = { method: 'DELETE', path: ['v1.1', 'tokens', id] } as const;
    return (await this.#transport.json<RevocationResult>(request)).data;
  }
}

/** Revocations of tokens, also of those that were made without the server. */
export class AdminRevocations {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Revokes a token, or all that a user, a room, or a user in a room has until now. */
  async create(what: RevocationCreation): Promise<RevocationResult> {
    const request = { method: 'POST', path: ['v1.1', 'revocations'], body: what, repeat: 'keyed' } as const;
    return (await this.#transport.json<RevocationResult>(request)).data;
  }

  /** Those that still concern somebody. */
  async list(): Promise<Revocation[]> {
    return (await this.#transport.json<Revocation[]>({ method: 'GET', path: ['v1.1', 'revocations'] })).data;
  }
}
