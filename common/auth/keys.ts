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
  find(id: string): SigningKey | undefined;
}

/** Id and file of the key that dev mode makes for itself. */
const devKeyId = 'dev';
const devKeyFile = 'token.key';

export interface KeyOptions {
  /** Keys of the configuration ([auth] services). */
  services: readonly { id: string; key: string }[];
  /** Makes a key when none is configured. */
  devMode: boolean;
  /** Folder in which dev mode keeps its key, so that tokens outlive a restart. */
  dataDir: string;
}

/** The keys of the issuers this server trusts. */
export class SigningKeys implements KeyLookup {
  readonly #keys: ReadonlyMap<string, SigningKey>;

  constructor(keys: readonly SigningKey[]) {
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  /** Keys of the configuration; in dev mode, when there are none, one of its own from the data folder. */
  static async load({ services, devMode, dataDir }: KeyOptions): Promise<SigningKeys> {
    const configured = services.map(({ id, key }) => signingKey(id, key));
    if (configured.length > 0 || !devMode) return new SigningKeys(configured);
    return new SigningKeys([signingKey(devKeyId, await fileSecret(join(dataDir, devKeyFile)))]);
  }

  find(id: string): SigningKey | undefined {
    return this.#keys.get(id);
  }

  /** The key this server itself signs with, where it issues tokens; undefined when it knows none. */
  get own(): SigningKey | undefined {
    return this.#keys.values().next().value;
  }

  get size(): number {
    return this.#keys.size;
  }
}
