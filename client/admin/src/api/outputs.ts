import type { MediaSubscriptionPatch } from '../../../../management-api/schemas/media-requests.ts';
import type { EndedRecording, Recording } from '../../../../management-api/schemas/recordings.ts';
import type { StreamingIn11, StreamingInCreation } from '../../../../management-api/schemas/streaming-ins.ts';
import type { StreamingOut } from '../../../../management-api/schemas/streaming-outs.ts';
import type { Http } from './http.ts';

export type OutputNoun = 'recordings' | 'streaming-outs';

/** Which sound and which picture: ids of streams. */
export interface Taken {
  audio: { from: string } | false;
  video: { from: string } | false;
}

export interface NewRecording {
  container: Recording['container'];
  media: Taken;
}

export interface NewStreamingOut {
  protocol?: StreamingOut['protocol'];
  url?: string;
  media: Taken;
}

/** A mix may have to start first; a source of a stream may take its time. */
const startMs = 20_000;
const fetchMs = 40_000;

const pathOf = (room: string, noun: string, ...more: string[]): string =>
  ['v1.1', 'rooms', room, noun, ...more].map(encodeURIComponent).join('/');

/** Recordings, live streams out and fetched streams of rooms. Everything throws Failure. */
export class Outputs {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  recordings(room: string, signal?: AbortSignal): Promise<Recording[]> {
    return this.#list(room, 'recordings', signal);
  }

  streamingOuts(room: string, signal?: AbortSignal): Promise<StreamingOut[]> {
    return this.#list(room, 'streaming-outs', signal);
  }

  streamingIns(room: string, signal?: AbortSignal): Promise<StreamingIn11[]> {
    return this.#list(room, 'streaming-ins', signal);
  }

  /** Those that are over, newest first. */
  async ended(room: string, signal?: AbortSignal): Promise<EndedRecording[]> {
    const query = { ended: 'true', limit: 50 };
    return (await this.#http.request<EndedRecording[]>('GET', pathOf(room, 'recordings'), { query, signal }))
      .body;
  }

  async record(room: string, wanted: NewRecording): Promise<Recording> {
    return await this.#start(room, 'recordings', wanted, startMs);
  }

  async goLive(room: string, wanted: NewStreamingOut): Promise<StreamingOut> {
    return await this.#start(room, 'streaming-outs', wanted, startMs);
  }

  async fetch(room: string, wanted: StreamingInCreation): Promise<void> {
    await this.#start(room, 'streaming-ins', wanted, fetchMs);
  }

  /** Silence, and the last picture; or goes on. */
  async setPaused(
    room: string,
    noun: OutputNoun,
    { id, media }: Pick<Recording, 'id' | 'media'>,
    paused: boolean,
  ): Promise<void> {
    const value = paused ? 'inactive' : 'active';
    const kinds = (['audio', 'video'] as const).filter((kind) => media[kind] !== false);
    const body: MediaSubscriptionPatch = kinds.map((kind) => ({
      op: 'replace',
      path: `/media/${kind}/status`,
      value,
    }));
    await this.#http.request('PATCH', pathOf(room, noun, id), { body, withinMs: startMs });
  }

  async stop(room: string, noun: OutputNoun | 'streaming-ins', id: string): Promise<void> {
    await this.#http.request('DELETE', pathOf(room, noun, id), { withinMs: startMs });
  }

  async #list<T>(room: string, noun: string, signal: AbortSignal | undefined): Promise<T[]> {
    return (await this.#http.request<T[]>('GET', pathOf(room, noun), { signal })).body;
  }

  async #start<T>(room: string, noun: string, body: unknown, withinMs: number): Promise<T> {
    return (await this.#http.request<T>('POST', pathOf(room, noun), { body, withinMs })).body;
  }
}
