import { Client } from 'minio';
import { stat } from 'node:fs/promises';
import type { Config } from '../../common/config/schema.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { within } from '../../common/lifecycle/wait.ts';

type S3Config = NonNullable<Config['recording']['s3']>;

/** A file may take so long, and longer by what is slower than the slowest line, ms. */
const baseMs = 60_000;
const slowestBytesPerMs = 50;

/** Files in S3-compatible storage. */
export class S3Store {
  readonly #config: S3Config;
  readonly #client: Client;

  /** @throws PorticoError `bad_request` when the endpoint is no URL */
  constructor(config: S3Config) {
    this.#config = config;
    const url = URL.parse(config.endpoint);
    if (url === null || !['http:', 'https:'].includes(url.protocol)) {
      throw new PorticoError('bad_request', `'${config.endpoint}' is no http(s) URL`, {
        field: 'recording.s3.endpoint',
      });
    }
    this.#client = new Client({
      endPoint: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      useSSL: url.protocol === 'https:',
      accessKey: config.access_key,
      secretKey: config.secret_key,
      region: config.region,
      pathStyle: config.path_style,
    });
  }

  /**
   * Brings a file there, and sees whether it has arrived.
   * @returns where it is: `s3://bucket/key`
   * @throws PorticoError `unavailable`
   */
  async put(path: string, name: string): Promise<string> {
    const { bucket, prefix } = this.#config;
    const key = `${prefix}${name}`;
    const { size } = await stat(path);
    try {
      const limitMs = baseMs + size / slowestBytesPerMs;
      const late = () => new Error('it takes too long');
      await within(this.#client.fPutObject(bucket, key, path), limitMs, late);
      const there = await within(this.#client.statObject(bucket, key), baseMs, late);
      if (there.size !== size) throw new Error(`${there.size} of ${size} bytes arrived`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PorticoError('unavailable', `'${name}' was not uploaded (${why})`, { field: 'recording.s3' });
    }
    return `s3://${bucket}/${key}`;
  }
}
