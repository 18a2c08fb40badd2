import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { PorticoError } from '../../common/contract/errors.ts';
import type { Database } from './database/database.ts';

const derive = promisify<string, Buffer, number, Buffer>(scrypt);

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
/** The sentinel: whether it opens tells whether the secret is the one the store was set up with. */
const sentinel = { text: 'portico', of: 'meta:seal' };

/** Encrypts secrets of the store (AES-256-GCM). What was sealed for one row does not open in another. */
export class Seal {
  readonly #key: Buffer;

  /**
   * The key is derived from the secret and a salt of the store; the first one that opens a store sets both.
   * @throws PorticoError `bad_request` when the store was set up with another secret
   */
  static async open(database: Database, secret: string): Promise<Seal> {
    const found = (await readMeta(database)) ?? (await Seal.#setUp(database, secret));
    const [salt = '', sealed = ''] = found.split(' ');
    const seal = await Seal.#withSalt(secret, Buffer.from(salt, 'hex'));
    if (seal.tryOpen(sealed, sentinel.of) === sentinel.text) return seal;
    throw new PorticoError(
      'bad_request',
      'the keys in this database were sealed with another secret: set [database] key (or the file store.key of the ' +
        'data folder) to the one that the database was made with',
      { field: 'database.key' },
    );
  }

  private constructor(key: Buffer) {
    this.#key = key;
  }

  static async #withSalt(secret: string, salt: Buffer): Promise<Seal> {
    return new Seal(await derive(secret, salt, 32));
  }

  /** Processes that start together agree on the first one's. */
  static async #setUp(database: Database, secret: string): Promise<string> {
    const salt = randomBytes(16);
    const seal = await Seal.#withSalt(secret, salt);
    const value = `${salt.toString('hex')} ${seal.close(sentinel.text, sentinel.of)}`;
    await database.insert({ table: 'meta', columns: ['name', 'value'], rows: [['seal', value]] });
    return (await readMeta(database)) ?? value;
  }

  /** @param of which row it is for */
  close(text: string, of: string): string {
    const nonce = randomBytes(nonceBytes);
    const sealing = createCipheriv(cipher, this.#key, nonce).setAAD(Buffer.from(of));
    const sealed = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
    return Buffer.concat([nonce, sealing.getAuthTag(), sealed]).toString('base64');
  }

  /** @throws PorticoError `internal` when it was altered, or sealed for another row */
  open(sealed: string, of: string): string {
    const text = this.tryOpen(sealed, of);
    if (text === undefined) throw new PorticoError('internal', `a secret of the store was altered (${of})`);
    return text;
  }

  tryOpen(sealed: string, of: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64');
    try {
      const opening = createDecipheriv(cipher, this.#key, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      });
      opening.setAAD(Buffer.from(of)).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      const text = opening.update(bytes.subarray(nonceBytes + tagBytes));
      return Buffer.concat([text, opening.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }
}

async function readMeta(database: Database): Promise<string | undefined> {
  const [row] = await database.read<{ value: string }>("SELECT value FROM meta WHERE name = 'seal'");
  return row?.value;
}
