import type { z } from 'zod';
import type { RecordingCreation, StreamingOutCreation } from '../schemas/media-requests.ts';
import type { StreamPatch } from '../schemas/streams.ts';
import type { Transport } from './transport.ts';

/** What leaves a room for a file or another server, and has an id. */
class AdminOutputs<Creation> {
  readonly #transport: Transport;
  readonly #noun: string;

  constructor(transport: Transport, noun: string) {
    this.#transport = transport;
    this.#noun = noun;
  }

  async list(room: string): Promise<{ id: string }[]> {
    const path = ['v1.1', 'rooms', room, this.#noun];
    return (await this.#transport.json<{ id: string }[]>({ method: 'GET', path })).data;
  }

  async start(room: string, body: Creation): Promise<{ id: string }> {
    const path = ['v1.1', 'rooms', room, this.#noun];
    const request = { method: 'POST', path, body, repeat: 'keyed' } as const;
    return (await this.#transport.json<{ id: string }>(request)).data;
  }

  async stop(room: string, id: string): Promise<void> {
    await this.#transport.done({ method: 'DELETE', path: ['v1.1', 'rooms', room, this.#noun, id] });
  }
}

/** Recordings of a room. A server without a mixer agent answers `not_supported`. */
export class AdminRecordings extends AdminOutputs<z.input<typeof RecordingCreation>> {
  constructor(transport: Transport) {
    super(transport, 'recordings');
  }
}

/** Live streams of a room to other servers. A server without a mixer agent answers `not_supported`. */
export class AdminStreamingOuts extends AdminOutputs<z.input<typeof StreamingOutCreation>> {
  constructor(transport: Transport) {
    super(transport, 'streaming-outs');
  }
}

export type LayoutPatch = Extract<StreamPatch[number], { path: '/info/layout' }>['value'];

/** Mixed streams of a room. A server without a mixer agent answers `not_supported`. */
export class AdminMixes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Replaces the whole layout. @param stream id of the mixed stream, `<room>-<view>` */
  async setLayout(room: string, stream: string, layout: LayoutPatch): Promise<void> {
    const body: StreamPatch = [{ op: 'replace', path: '/info/layout', value: layout }];
    const path = ['v1.1', 'rooms', room, 'streams', stream];
    await this.#transport.done({ method: 'PATCH', path, body });
  }
}
