import type { z } from 'zod';
import type { RecordingCreation, StreamingOutCreation } from '../schemas/media-requests.ts';
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
