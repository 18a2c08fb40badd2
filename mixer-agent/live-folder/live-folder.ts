import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../common/config/schema.ts';
import type { LiveProtocol } from '../../common/contract/egress.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { EgressId } from '../../common/contract/ids.ts';
import { listen } from '../../common/http/listen.ts';
import { reachableHost } from '../../common/http/reachable-host.ts';
import type { Logger } from '../../common/observe/log.ts';
import { OwnFolder } from './own-folder.ts';
import { serveStreams } from './serve.ts';

export interface LiveFolderOptions {
  config: Config['streaming'];
  log: Logger;
  /** How long a stream that is over can still be played, ms: players are some segments behind. */
  lingerMs?: number;
}

/** A stream's place. */
export interface LivePlace {
  /** Of the playlist or manifest that is to be written. Its folder exists and is empty, or has what there was before. */
  path: string;
  /** Where it can be played. */
  url: string;
}

const lists = { hls: 'index.m3u8', dash: 'manifest.mpd' } as const;
const defaultLingerMs = 60_000;

/** Streams in HLS and DASH that a mixer agent serves itself: a folder for each, and an HTTP server for all. */
export class LiveFolder {
  /** TCP port that it listens on. */
  readonly port: number;
  readonly #options: LiveFolderOptions;
  readonly #folder: OwnFolder;
  readonly #app: FastifyInstance;
  /** Streams that are over, until they are removed. */
  readonly #over = new Map<EgressId, NodeJS.Timeout>();

  /** @throws Error with a sentence when it cannot listen, or not write there */
  static async create(options: LiveFolderOptions): Promise<LiveFolder> {
    const { config, log } = options;
    const folder = await OwnFolder.create(config.path, log);
    try {
      const app = await serveStreams(folder.path);
      await app.ready();
      const port = await listen(app.server, config);
      return new LiveFolder(options, { folder, app, port });
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  private constructor(
    options: LiveFolderOptions,
    { folder, app, port }: { folder: OwnFolder; app: FastifyInstance; port: number },
  ) {
    this.#options = options;
    this.#folder = folder;
    this.#app = app;
    this.port = port;
  }

  /** URL that those of all streams begin with, without `/` at its end. */
  get base(): string {
    const { host, public_url: configured } = this.#options.config;
    return configured === '' ? `http://${reachableHost(host)}:${this.port}` : configured.replace(/\/+$/, '');
  }

  /**
   * Makes the place of a stream. One that there is already is kept: the stream goes on.
   * @throws PorticoError `bad_request` when the protocol is sent to a URL only
   */
  async open(id: EgressId, protocol: LiveProtocol): Promise<LivePlace> {
    if (protocol !== 'hls' && protocol !== 'dash') {
      throw new PorticoError('bad_request', `A live stream by ${protocol} needs a URL to be sent to.`, {
        field: 'url',
      });
    }
    clearTimeout(this.#over.get(id));
    this.#over.delete(id);
    await mkdir(this.#pathOf(id), { mode: 0o700, recursive: true });
    return {
      path: join(this.#pathOf(id), lists[protocol]),
      url: `${this.base}/${encodeURIComponent(id)}/${lists[protocol]}`,
    };
  }

  /**
   * A stream is over: its place is removed a moment later. One that is not there is no error. Without an id: serves no
   * longer, and removes everything at once.
   */
  async close(id?: EgressId): Promise<void> {
    if (id !== undefined) {
      this.#expire(id, this.#pathOf(id));
      return;
    }
    for (const timer of this.#over.values()) clearTimeout(timer);
    this.#over.clear();
    await this.#app.close();
    await this.#folder.remove();
  }

  #expire(id: EgressId, path: string): void {
    clearTimeout(this.#over.get(id));
    const timer = setTimeout(() => {
      this.#over.delete(id);
      rm(path, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) => {
        this.#options.log.warn({ err: error, path }, 'live stream cannot be removed');
      });
    }, this.#options.lingerMs ?? defaultLingerMs);
    timer.unref();
    this.#over.set(id, timer);
  }

  /** @throws PorticoError `bad_request` for an id that is no name of a folder */
  #pathOf(id: EgressId): string {
    if (!id.startsWith('.')) return join(this.#folder.path, id);
    throw new PorticoError('bad_request', 'The id of a live stream cannot begin with a dot.', {
      field: 'id',
    });
  }
}
