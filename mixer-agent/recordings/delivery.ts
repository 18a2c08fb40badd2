import { rm } from 'node:fs/promises';
import type { Config } from '../../common/config/schema.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { backoff, pause } from '../../common/lifecycle/wait.ts';
import type { Logger } from '../../common/observe/log.ts';
import { runCommand } from './command.ts';
import { inside } from './places.ts';
import { S3Store } from './s3.ts';
import { readSidecar, type Sidecar, writeSidecar } from './sidecar.ts';

export interface DeliveryOptions {
  config: Pick<Config['recording'], 'command' | 's3'>;
  /** Of recordings. */
  root: string;
  log: Logger;
  /** Pause after the first failure, which doubles, ms. */
  retryMs?: number;
  maxRetryMs?: number;
}

/**
 * What happens to finished recordings: upload, then the command of the user. Tried again until it works; how far it has
 * got stands in the sidecar.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #store: S3Store | undefined;
  readonly #closing = new AbortController();

  /** @throws PorticoError `bad_request` for a configuration that cannot work */
  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { s3 } = options.config;
    this.#store = s3 === null ? undefined : new S3Store(s3);
  }

  /** What a new recording has before it; undefined: nothing. */
  get first(): Sidecar['delivery'] {
    const { command } = this.#options.config;
    if (command.length === 0 && this.#store === undefined) return undefined;
    return {
      attempts: 0,
      command: command.length === 0 ? 'none' : 'waiting',
      s3: this.#store === undefined ? 'none' : 'waiting',
    };
  }

  close(): void {
    this.#closing.abort();
  }

  /** @returns whether it was delivered; false: this process ends before. @param name of the sidecar */
  async deliver(name: string): Promise<boolean> {
    const { root, log, retryMs = 2_000, maxRetryMs = 600_000 } = this.#options;
    const { signal } = this.#closing;
    const path = inside(root, name);
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.#attempt(name);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        const sidecar = await readSidecar(path);
        // Somebody has removed it: nothing is left to be delivered.
        if (sidecar === undefined) return true;
        const { message } = PorticoError.from(error);
        log.warn({ err: error, recording: sidecar.id, attempt }, 'recording not delivered yet');
        await this.#note(path, sidecar, { error: message });
        await pause(retryMs + backoff(attempt, { baseMs: retryMs, maxMs: maxRetryMs }), signal);
      }
    }
    return false;
  }

  async #attempt(name: string): Promise<void> {
    const path = inside(this.#options.root, name);
    let sidecar = await readSidecar(path);
    if (sidecar?.delivery === undefined) return;
    sidecar = await this.#note(path, sidecar, { attempts: sidecar.delivery.attempts + 1 });
    if (sidecar.delivery?.s3 === 'waiting') sidecar = await this.#upload(name, sidecar);
    if (sidecar.delivery?.command === 'waiting') {
      await runCommand(this.#options.config.command, path, this.#closing.signal);
      sidecar = await this.#note(path, sidecar, { command: 'done' });
    }
    await this.#removeLocal(sidecar);
  }

  async #upload(name: string, before: Sidecar): Promise<Sidecar> {
    const { root } = this.#options;
    const store = this.#store;
    if (store === undefined) return before;
    const path = inside(root, name);
    let sidecar = before;
    for (const file of before.files) {
      if (file.uploaded !== undefined) continue;
      const uploaded = await store.put(inside(root, file.name), file.name);
      const files = sidecar.files.map((one) => (one.name === file.name ? { ...one, uploaded } : one));
      sidecar = { ...sidecar, files };
      await writeSidecar(path, sidecar);
    }
    sidecar = await this.#note(path, sidecar, { s3: 'done' });
    await store.put(path, name);
    return sidecar;
  }

  async #removeLocal({ files }: Sidecar): Promise<void> {
    const { config, root } = this.#options;
    if (config.s3?.delete_local !== true) return;
    for (const { name, uploaded } of files) {
      if (uploaded !== undefined) await rm(inside(root, name), { force: true });
    }
  }

  /** @throws when it cannot be written: then it did not happen */
  async #note(
    path: string,
    sidecar: Sidecar,
    news: Partial<NonNullable<Sidecar['delivery']>>,
  ): Promise<Sidecar> {
    if (sidecar.delivery === undefined) return sidecar;
    const { error: _, ...before } = sidecar.delivery;
    const noted = { ...sidecar, delivery: { ...before, ...news } };
    await writeSidecar(path, noted);
    return noted;
  }
}
