import { createSecretKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { fileSecret } from './secret-file.ts';

/** A secret that tokens are signed with; `id` travels in the token (JWT header `kid`), the secret never does. */
export interface SigningKey {
  readonly id: string;
  readonly secret: KeyObject;
}

/** A key from its text, which is taken as bytes (a PEM is not looked into). */
export const signingKey = (id: string, secret: string): SigningKey => ({
  id,
  secret: createSecretKey(secret, 'utf8'),
});

/** Where a verifier finds the key that a token names. */
export interface KeyLookup {
  /** @throws PorticoError `unavailable` when it cannot be found out right now */
  find(id: string): Promise<SigningKey | undefined>;
}

/** Id and file of the key that a server without a configured one makes for itself. */
const devKeyId = 'dev';
const devKeyFile = 'token.key';

export interface KeyOptions {
  /** Keys of the configuration ([auth] services). */
  services: readonly { id: string; key: string }[];
  /** Whether to make a key when none is configured. */
  makes: boolean;
  /** Folder in which it is kept, so that tokens outlive a restart. */
  dataDir: string;
}

/** The keys of the issuers this server trusts. */
export class SigningKeys implements KeyLookup {
  readonly #keys: ReadonlyMap<string, SigningKey>;

  constructor(keys: readonly SigningKey[]) {
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  /** Keys of the configuration; when there are none, one of its own from the data folder. */
  static async load({ services, makes, dataDir }: KeyOptions): Promise<SigningKeys> {
    const configured = services.map(({ id, key }) => signingKey(id, key));
    if (configured.length > 0 || !makes) return new SigningKeys(configured);
    return new SigningKeys([signingKey(devKeyId, await fileSecret(join(dataDir, devKeyFile)))]);
  }

  get(id: string): SigningKey | undefined {
    return this.#keys.get(id);
  }

  find(id: string): Promise<SigningKey | undefined> {
    return Promise.resolve(this.get(id));
  }

  /** The key this server itself signs with, where it issues tokens; undefined when it knows none. */
  get own(): SigningKey | undefined {
    return this.#keys.values().next().value;
  }

  /** All of them, in the order of the configuration, as text. */
  list(): { id: string; key: string }[] {
    return [...this.#keys.values()].map(({ id, secret }) => ({ id, key: secret.export().toString('utf8') }));
  }

  get size(): number {
    return this.#keys.size;
  }
}
