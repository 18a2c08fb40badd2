import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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
    return new SigningKeys([signingKey(devKeyId, await devSecret(dataDir))]);
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

/** Reads the secret of the data folder, made at the first start. Processes that start together agree on one. */
async function devSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, devKeyFile);
  const existing = await readSecret(file);
  if (existing !== undefined) return existing;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // A link appears whole or not at all, and only one process can make it.
    await link(draft, file);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const made = await readSecret(file);
  if (made === undefined) throw new Error(`the key file ${file} vanished while it was being made`);
  return made;
}

async function readSecret(file: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const secret = text.trim();
  if (secret.length < 32) throw new Error(`the key file ${file} is damaged: delete it to get a new one`);
  await chmod(file, 0o600);
  return secret;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
